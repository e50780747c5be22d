/* SPDX-License-Identifier: MIT */
/*
 * Rationale: containers forbid userfaultfd(2) by seccomp. Memory is filled at
 * once, with the right bytes, before and after fork.
 *
 * modes: plain zero file blob direct
 * lazy: no
 * quiet: no
 */
#include "config.h"

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	char *memory, *block, *file;
	pid_t pid;

	forbid();
	memory = map_anonymous(LENGTH);
	block = allocate(LENGTH);
	file = map_file(PATTERN_LENGTH + 64 * PAGE, PROT_READ, MAP_SHARED);
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, LENGTH));
		CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	CHECK(signal_of_reading(file + PATTERN_LENGTH + 8 * PAGE) == SIGBUS);
	block = launder(realloc(block, 3 * LENGTH));
	free(block);
	return 0;
}
