/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a copy of the program's descriptors in a thread of ours would keep
 * its pipes open, and who reads from one would wait for an end that never
 * comes.
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static void check_end(int fd)
{
	char byte;

	alarm(120);
	CHECK_EQ(read(fd, &byte, 1), 0);
	alarm(0);
}

int main(void)
{
	int early[2], down[2], up[2];
	char *memory;
	pid_t pid;

	/* open before our threads are there, closed afterwards */
	CHECK(pipe(early) == 0);
	CHECK(pipe(down) == 0);
	CHECK(pipe(up) == 0);
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, PAGE));
	close(early[1]);
	check_end(early[0]);
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		close(up[0]);
		CHECK(holds(memory, memory_at, 0, LENGTH));
		check_end(down[0]);
		_exit(0);
	}
	close(up[1]);
	close(down[1]);
	check_end(up[0]);
	wait_for(pid);
	return 0;
}
