/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the kernel drops a userfaultfd registration in a fork's child. A
 * page that was not filled before the fork would read as zeros there.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (4 * MIB)

int main(void)
{
	char *anonymous = map_anonymous(LENGTH);
	char *block = allocate(LENGTH);
	char *file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	pid_t pid;

	anonymous[5 * PAGE] = 'p';
	CHECK(holds(file + 7 * PAGE, file_at, 7 * PAGE, 100));
	pid = fork();
	if (pid == 0) {
		CHECK(anonymous[5 * PAGE] == 'p');
		anonymous[5 * PAGE] = (char)memory_at(5 * PAGE);
		CHECK(holds(anonymous, memory_at, 0, LENGTH));
		if (has_store())
			CHECK(holds(block, memory_at, 0, LENGTH));
		CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
		/* and a grandchild, of pages that nobody has touched yet */
		block = allocate(LENGTH);
		pid = fork();
		if (pid == 0) {
			if (has_store())
				CHECK(holds(block, memory_at, 0, LENGTH));
			free(block);
			_exit(0);
		}
		wait_for(pid);
		munmap(file, PATTERN_LENGTH);
		_exit(0);
	}
	wait_for(pid);
	CHECK(anonymous[5 * PAGE] == 'p');
	anonymous[5 * PAGE] = (char)memory_at(5 * PAGE);
	CHECK(holds(anonymous, memory_at, 0, LENGTH));
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	return 0;
}
