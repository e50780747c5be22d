/* SPDX-License-Identifier: MIT */
/*
 * Rationale: when the last of the program's threads ends, the process ends,
 * though threads of ours are left; also when that is not the main thread.
 */
#include "config.h"

#include <pthread.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static pthread_t main_thread;
static char *memory;

static void *last(void *argument)
{
	pid_t pid;

	(void)argument;
	pthread_join(main_thread, NULL);
	CHECK(holds(memory, memory_at, 0, LENGTH / 2));
	free(allocate(LENGTH));
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, LENGTH));
		pthread_exit(NULL);
	}
	wait_for(pid);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	main_thread = pthread_self();
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, PAGE));
	pthread_create(&thread, NULL, last, NULL);
	pthread_exit(NULL);
}
