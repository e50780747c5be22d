/* SPDX-License-Identifier: MIT */
/*
 * Rationale: runtimes reserve a terabyte of addresses and use some of them. That
 * must not cost memory or time for each page of it; the page faults that the
 * process takes count both.
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define RESERVED ((size_t)1 << 40)

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

int main(void)
{
	long before;

	for (int round = 0; round < 6; round++) {
		char *space, *used;

		before = faults();
		space = mmap(NULL, RESERVED, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);
		if (space == MAP_FAILED)
			SKIP("no terabyte of addresses");
		/* some of it is used, by either way */
		used = space + RESERVED / 2;
		CHECK(mprotect(used, MIB, PROT_READ | PROT_WRITE) == 0);
		CHECK(used[5] == (char)memory_at(RESERVED / 2 + 5));
		used[5] = 1;
		used = mmap(space + RESERVED / 4, MIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		CHECK(used == space + RESERVED / 4);
		CHECK(holds(used + PAGE, memory_at, PAGE, PAGE));
		CHECK(madvise(space, RESERVED, MADV_DONTNEED) == 0);
		CHECK(used[5 * PAGE] == 0);
		CHECK(munmap(space, RESERVED) == 0);
		if (round)
			CHECK(faults() - before < 1500);
	}
	return 0;
}
