/* SPDX-License-Identifier: MIT */
/*
 * Rationale: in a fork's child that is filled at once (it may have no
 * userfaultfd) a mapped file is still one: what is given back comes from the
 * file again, what was written stays, and past its end there is SIGBUS.
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

int main(void)
{
	char *written = map_file(LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *shared = map_file(LENGTH, PROT_READ, MAP_SHARED);
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
			CHECK(holds(memory, memory_at, 0, MIB));
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
