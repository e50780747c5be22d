/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what runs after our library's own destructor, another's or the last
 * flush of a stream, may fork, and so may a thread that exit(3) has not stopped
 * yet. The child has its lazy memory, and the parent ends.
 */
#include "config.h"

#include <pthread.h>

#include "tests/preload/victim.h"

#define LENGTH (2 * MIB)

static char *memory;

static void fork_and_look(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(!holds_sparse(memory, memory_at, 0, LENGTH));
	/* CHECK would call exit(3) in exit(3) */
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		_exit(9);
}

static ssize_t in_last_flush(void *cookie, const char *bytes, size_t length)
{
	(void)cookie;
	(void)bytes;
	fork_and_look();
	return (ssize_t)length;
}

static void *fork_on(void *unused)
{
	for (;;)
		fork_and_look();
	return unused;
}

static void check_beside_exit(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		pthread_t thread;

		if (pid == 0) {
			CHECK(pthread_create(&thread, NULL, fork_on, NULL) == 0);
			fork_and_look();
			exit(0);
		}
		wait_for(pid);
	}
}

int main(void)
{
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){
						      .write = in_last_flush });

	CHECK(stream);
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory + LENGTH / 2, memory_at, LENGTH / 2, PAGE));
	check_beside_exit();
	fputs("flushed by the last of exit(3)", stream);
	return 0;
}
