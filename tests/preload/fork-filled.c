/* SPDX-License-Identifier: MIT */
/*
 * Rationale: in a fork's child that is filled at once (it may have no
 * userfaultfd) a mapped file is still one: what is given back comes from the
 * file again, what was written stays, and past its end there is SIGBUS,
 * for whoever may touch it.
 *
 * modes: plain zero file blob
 * quiet: no
 */
#include "config.h"

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

#define LENGTH (PATTERN_LENGTH + 16 * PAGE)

static void check_child(char *file, bool written)
{
	CHECK(holds(file, file_at, 0, 3 * PAGE));
	if (written)
		CHECK(holds(file + 4 * PAGE, file_at, 4 * PAGE, 20 * PAGE));
	CHECK(file[3 * PAGE] == (written ? 'w' : (char)file_at(3 * PAGE)));
	CHECK(holds(file + 24 * PAGE, file_at, 24 * PAGE,
		    PATTERN_LENGTH - 24 * PAGE));
	CHECK(signal_of_reading(file + PATTERN_LENGTH + PAGE) == SIGBUS);
	CHECK(madvise(file, PATTERN_LENGTH, MADV_DONTNEED) == 0);
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	CHECK(signal_of_reading(file + PATTERN_LENGTH + PAGE) == SIGBUS);
}

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

/* Pages 8 to 11 are guards, and 9 is none any more. False: there are none. */
static bool make_guards(char *file)
{
	return madvise(file + 8 * PAGE, 4 * PAGE, MADV_GUARD_INSTALL) == 0 &&
	       madvise(file + 9 * PAGE, PAGE, MADV_GUARD_REMOVE) == 0;
}

static void check_guards(char *file)
{
	CHECK(holds(file, file_at, 0, 8 * PAGE));
	CHECK(holds(file + 9 * PAGE, file_at, 9 * PAGE, PAGE));
	CHECK(holds(file + 12 * PAGE, file_at, 12 * PAGE, 12 * PAGE));
	for (size_t i = 8; i < 12; i++)
		CHECK(i == 9 ||
		      signal_of_reading(file + i * PAGE) == SIGSEGV);
}

int main(void)
{
	char *guarded = map_file(LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *guarded_too = map_file(LENGTH, PROT_READ, MAP_SHARED);
	bool has_guards = make_guards(guarded) && make_guards(guarded_too);
	char *written = map_file(LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *shared = map_file(LENGTH, PROT_READ, MAP_SHARED);
	char *fenced = map_file(LENGTH, PROT_NONE, MAP_PRIVATE);
	char *memory = map_anonymous(MIB);
	pid_t pid;

	written[3 * PAGE] = 'w';
	CHECK(holds(shared, file_at, 0, PAGE));
	pid = fork();
	if (pid == 0) {
		forbid();
		pid = fork();
		if (pid == 0) {
			check_child(written, true);
			check_child(shared, false);
			CHECK_EQ(signal_of_writing(written + LENGTH - PAGE),
				 SIGBUS);
			CHECK_EQ(signal_of_reading(fenced + LENGTH - PAGE),
				 SIGSEGV);
			CHECK(holds(memory, memory_at, 0, MIB));
			if (has_guards) {
				check_guards(guarded);
				check_guards(guarded_too);
			}
			_exit(0);
		}
		wait_for(pid);
		CHECK(written[3 * PAGE] == 'w');
		_exit(0);
	}
	wait_for(pid);
	CHECK(written[3 * PAGE] == 'w');
	return 0;
}
