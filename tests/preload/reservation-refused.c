/* SPDX-License-Identifier: MIT */
/*
 * Rationale: our table of a huge reservation is memory that can be written: the
 * limit on data refuses it, or the kernel does where it is more than the machine
 * has, while the reservation itself is granted. Fresh memory that is zeros is
 * right without us, and no word is said.
 *
 * modes: plain zero
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define TIB ((size_t)1 << 40)

static void use(size_t length)
{
	char *space = mmap(NULL, length, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *used = space + length / 2;

	if (space == MAP_FAILED)
		return;
	CHECK(mprotect(used, MIB, PROT_READ | PROT_WRITE) == 0);
	CHECK(holds(used, memory_at, 0, MIB));
	used[5] = 1;
	CHECK(madvise(space, length, MADV_DONTNEED) == 0);
	CHECK(used[5] == 0);
	CHECK(munmap(space, length) == 0);
}

int main(void)
{
	struct rlimit limit = { 64 * MIB, RLIM_INFINITY };
	char *block = allocate(MIB);

	CHECK(holds(block, memory_at, 0, MIB));
	free(block);
	CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
	use(TIB);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
	for (size_t length = 16 * TIB; length < 128 * TIB; length += 16 * TIB)
		use(length);
	return 0;
}
