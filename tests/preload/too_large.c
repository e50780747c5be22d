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
		if (!(call) || errno != ENOMEM) {                              \
			fprintf(stderr, "%s: %m\n", #call);                    \
			return 1;                                              \
		}                                                              \
	} while (0)

int main(void)
{
	static char *volatile block;
	volatile size_t large = (size_t)PTRDIFF_MAX + 1;
	volatile size_t most = PTRDIFF_MAX;
	volatile size_t all = SIZE_MAX;
	void *aligned;

	block = malloc((size_t)1 << 20);
	if (!block)
		return 1;
	block[4096] = 1;
	REFUSED(!malloc(large));
	REFUSED(!malloc(all));
	REFUSED(!calloc(1, large));
	REFUSED(!calloc(2, most / 2 + 2));
	REFUSED(!realloc(NULL, large));
	REFUSED(!realloc(block, large));
	REFUSED(!memalign(64, large));
	REFUSED(!memalign(8192, most - 4096));
	REFUSED(!aligned_alloc(64, large));
	REFUSED(!valloc(large));
	REFUSED(!pvalloc(large));
	REFUSED((errno = posix_memalign(&aligned, 64, large)) != 0);
	REFUSED(mmap(NULL, large, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0) == MAP_FAILED);
	return block[4096] != 1;
}
