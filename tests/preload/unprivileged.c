/* SPDX-License-Identifier: MIT */
/*
 * Rationale: an ordinary user's userfaultfd serves no faults of system calls by
 * default. Whatever is made of that, bytes are right, for the program and for
 * the kernel.
 *
 * under: setpriv --reuid=65534 --regid=65534 --clear-groups
 * lazy: no
 * quiet: no
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	char *memory = map_anonymous(LENGTH);
	char *file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	char copy[PAGE];
	int pipes[2];

	CHECK(pipe(pipes) == 0);
	CHECK_EQ(write(pipes[1], memory + 8 * PAGE, PAGE), (int)PAGE);
	CHECK_EQ(read(pipes[0], copy, PAGE), (int)PAGE);
	CHECK(holds(copy, memory_at, 8 * PAGE, PAGE));
	CHECK_EQ(write(pipes[1], file + 8 * PAGE, PAGE), (int)PAGE);
	CHECK_EQ(read(pipes[0], memory + 9 * PAGE, PAGE), (int)PAGE);
	CHECK(holds(memory + 9 * PAGE, file_at, 8 * PAGE, PAGE));
	CHECK(holds(memory, memory_at, 0, 9 * PAGE));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	return 0;
}
