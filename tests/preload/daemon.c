/* SPDX-License-Identifier: MIT */
/*
 * Rationale: daemon(3) forks, and closes what we say our words on; the memory of
 * before is there in what is left.
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	char *memory = map_anonymous(LENGTH);
	int pipes[2];
	char answer = 'n';
	pid_t pid;

	CHECK(holds(memory, memory_at, 0, PAGE));
	CHECK(pipe(pipes) == 0);
	pid = fork();
	if (pid == 0) {
		char *more;

		CHECK(daemon(0, 0) == 0);
		more = map_anonymous(LENGTH);
		answer = holds(memory, memory_at, 0, LENGTH) &&
					 holds(more, memory_at, 0, LENGTH) ?
				 'y' :
				 'n';
		_exit(write(pipes[1], &answer, 1) != 1);
	}
	close(pipes[1]);
	wait_for(pid);
	CHECK(read(pipes[0], &answer, 1) == 1);
	CHECK(answer == 'y');
	return 0;
}
