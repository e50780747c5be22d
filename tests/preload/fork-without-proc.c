/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork's child that can have no userfaultfd is filled at once, also
 * where it can read nothing of /proc: in a chroot, and where no descriptor can
 * be opened. It has the right bytes and protections; zeros where it was to have
 * zeros, which goes for a child with a userfaultfd and without /proc, too.
 *
 * modes: plain zero file blob
 * quiet: no
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static char *memory, *wiped, *file;

static void check_child(void)
{
	CHECK(signal_of_reading(memory + 20 * PAGE) == SIGSEGV);
	CHECK(holds(memory, memory_at, 0, 20 * PAGE));
	CHECK(holds(memory + 21 * PAGE, memory_at, 21 * PAGE,
		    LENGTH - 21 * PAGE));
	memory[LENGTH - 1] = 'w';
	CHECK(mprotect(memory + 20 * PAGE, PAGE, PROT_READ) == 0);
	CHECK(holds(memory + 20 * PAGE, memory_at, 20 * PAGE, PAGE));
	CHECK(holds(wiped, memory_at, 0, 16 * PAGE));
	CHECK(holds(wiped + 16 * PAGE, zero_at, 0, 112 * PAGE));
	CHECK(holds(wiped + 128 * PAGE, memory_at, 128 * PAGE,
		    LENGTH - 128 * PAGE));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	CHECK(signal_of_reading(file + PATTERN_LENGTH + 4 * PAGE) != 0);
	CHECK(signal_of_writing(file) == SIGSEGV);
}

static void prepare_wiped(void)
{
	wiped = map_anonymous(LENGTH);
	CHECK(madvise(wiped, 144 * PAGE, MADV_WIPEONFORK) == 0);
	CHECK(madvise(wiped, 16 * PAGE, MADV_KEEPONFORK) == 0);
	CHECK(madvise(wiped + 128 * PAGE, 16 * PAGE, MADV_KEEPONFORK) == 0);
	CHECK(holds(wiped, memory_at, 0, 20 * PAGE));
}

static void check(void (*prepare)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		prepare();
		prepare_wiped();
		pid = fork();
		if (pid == 0) {
			check_child();
			_exit(0);
		}
		wait_for(pid);
		_exit(0);
	}
	wait_for(pid);
}

static void no_descriptors(void)
{
	struct rlimit none = { 0, 0 };

	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
}

static void in_chroot(void)
{
	CHECK(chroot(getenv("VICTIM_FOLDER")) == 0 && chdir("/") == 0);
}

static void in_container(void)
{
	in_chroot();
	forbid();
}

int main(void)
{
	memory = map_anonymous(LENGTH);
	file = map_file(PATTERN_LENGTH + 16 * PAGE, PROT_READ, MAP_PRIVATE);
	CHECK(mprotect(memory + 20 * PAGE, PAGE, PROT_NONE) == 0);
	check(no_descriptors);
	if (geteuid() == 0) {
		check(in_chroot);
		check(in_container);
	}
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	return 0;
}
