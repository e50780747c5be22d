/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program takes itself a limit after the other away when it has
 * lazy memory (a sandbox does). What it has is served and can be cut; what it
 * still gets is right, in a fork's child, too.
 *
 * modes: plain zero file blob
 * quiet: no
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

struct memory {
	char *touched, *cut, *block, *file;
};

static void check_child(const struct memory *have)
{
	CHECK(holds(have->file, file_at, 0, LENGTH));
	CHECK(holds(have->cut, memory_at, 0, 10 * PAGE));
	if (has_store())
		CHECK(holds(have->block, memory_at, 0, LENGTH));
}

static void check(int what)
{
	struct rlimit none = { 0, 0 };
	struct memory have = {
		.touched = map_anonymous(LENGTH),
		.cut = map_anonymous(LENGTH),
		.block = allocate(LENGTH),
		.file = map_file(LENGTH, PROT_READ, MAP_PRIVATE),
	};
	char *more;
	pid_t pid;

	CHECK(setrlimit(what, &none) == 0);
	CHECK(holds(have.touched, memory_at, 0, LENGTH));
	CHECK(munmap(have.cut + 10 * PAGE, PAGE) == 0);
	CHECK(holds(have.cut + 11 * PAGE, memory_at, 11 * PAGE,
		    LENGTH - 11 * PAGE));
	more = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (more != MAP_FAILED)
		CHECK(holds(more, memory_at, 0, LENGTH));
	pid = fork();
	if (pid == 0) {
		check_child(&have);
		_exit(0);
	}
	if (pid > 0)
		wait_for(pid);
	check_child(&have);
	free(have.block);
}

int main(void)
{
	static const int limits[] = { RLIMIT_AS,     RLIMIT_DATA,
				      RLIMIT_FSIZE,  RLIMIT_MEMLOCK,
				      RLIMIT_NOFILE, RLIMIT_NPROC,
				      RLIMIT_STACK };

	free(allocate(LENGTH));
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			check(limits[i]);
			_exit(0);
		}
		wait_for(pid);
	}
	return 0;
}
