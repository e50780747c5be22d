/* SPDX-License-Identifier: MIT */
/*
 * Rationale: mlock makes the kernel touch every page, which must come from the
 * store; mlockall(MCL_FUTURE) fills each new mapping with zeros at once, and a
 * file that serves itself is then mapped as it is, so that it can grow; and
 * mlockall(MCL_CURRENT) must not find gigabytes of ours to make resident.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define LENGTH (4 * MIB)

static void check_fresh(void)
{
	char *memory = map_anonymous(LENGTH);
	char *block = allocate(LENGTH);
	char *file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	char *fenced = mmap(NULL, LENGTH, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(holds(memory, memory_at, 0, LENGTH));
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	CHECK(mprotect(fenced, LENGTH, PROT_READ | PROT_WRITE) == 0);
	CHECK(holds(fenced, memory_at, 0, LENGTH));
	munmap(memory, LENGTH);
	munmap(fenced, LENGTH);
	munmap(file, PATTERN_LENGTH);
	free(block);
}

static void check_locked(void)
{
	char *memory = map_anonymous(LENGTH);

	CHECK(mlock(memory, LENGTH / 2) == 0);
	CHECK(mlock2(memory + LENGTH / 2, MIB, MLOCK_ONFAULT) == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(munlock(memory, LENGTH) == 0);
	munmap(memory, LENGTH);
}

static void check_growth(void)
{
	char *file = map_file(MIB, PROT_READ, MAP_PRIVATE);

	if (!has_store()) {
		file = mremap(file, MIB, PATTERN_LENGTH, MREMAP_MAYMOVE);
		CHECK(file != MAP_FAILED);
		CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	}
	munmap(file, has_store() ? MIB : PATTERN_LENGTH);
	file = map_anonymous(LENGTH);
	CHECK(mmap(file, LENGTH, PROT_READ, MAP_PRIVATE | MAP_FIXED,
		   open_file(), 0) == file);
	CHECK(holds(file, file_at, 0, MIB));
	munmap(file, LENGTH);
}

int main(void)
{
	struct rusage usage;
	char *memory;

	if (mlockall(MCL_FUTURE) < 0)
		SKIP("no right to lock memory");
	munlockall();
	check_locked();
	memory = map_anonymous(LENGTH);
	CHECK(mlockall(MCL_CURRENT) == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	getrusage(RUSAGE_SELF, &usage);
	CHECK(usage.ru_maxrss < 128 * 1024);	/* KiB */
	CHECK(mlockall(MCL_FUTURE | MCL_ONFAULT) == 0);
	check_fresh();
	CHECK(mlockall(MCL_FUTURE) == 0);
	check_fresh();
	check_growth();
	CHECK(munlockall() == 0);
	check_fresh();
	return 0;
}
