/* SPDX-License-Identifier: MIT */
/*
 * too_large.c - has a lazy block, and asks for what nobody has, each time from
 * another place.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define REFUSED(call)                                                          \
	do {                                                                   \
		errno = 0;                                                     \
		refused = (call);                                              \
		__asm__ volatile("" ::: "memory");                             \
		if (!refused || errno != ENOMEM) {                             \
			fprintf(stderr, "%s: %m\n", #call);                    \
			return 1;                                              \
		}                                                              \
	} while (0)

int main(void)
{
	static char *volatile block;
	static void *volatile got;	/* or a compiler leaves the call out */
	volatile size_t large = (size_t)PTRDIFF_MAX + 1;
	volatile size_t most = PTRDIFF_MAX;
	volatile size_t all = SIZE_MAX;
	void *aligned;
	int refused;

	block = malloc((size_t)1 << 20);
	if (!block)
		return 1;
	block[4096] = 1;
	REFUSED((got = malloc(large), !got));
	REFUSED((got = malloc(all), !got));
	REFUSED((got = calloc(1, large), !got));
	REFUSED((got = calloc(2, most / 2 + 2), !got));
	REFUSED((got = realloc(NULL, large), !got));
	REFUSED((got = realloc(block, large), !got));
	REFUSED((got = memalign(64, large), !got));
	REFUSED((got = memalign(8192, most - 4096), !got));
	REFUSED((got = aligned_alloc(64, large), !got));
	REFUSED((got = valloc(large), !got));
	REFUSED((got = pvalloc(large), !got));
	REFUSED((errno = posix_memalign(&aligned, 64, large)) != 0);
	REFUSED(mmap(NULL, large, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0) == MAP_FAILED);
	return block[4096] != 1;
}
