/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a thread forks in a callback of dl_iterate_phdr(3), while another
 * looks at its call stack for a lazy mapping, and waits for the loader's lock
 * with one of libunwind's. The child has lazy memory all the same.
 *
 * modes: plain zero file
 * says: fork: another thread looked at its call stack meanwhile
 */
#include "config.h"

#include <link.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define LENGTH (256 * KIB)

static atomic_int step;

/* New to libunwind, which asks the loader whose code it is. */
static void *map_here(void *argument)
{
	while (step < 1)
		usleep(1000);
	step = 2;
	CHECK(holds(map_anonymous(LENGTH), memory_at, 0, PAGE));
	return argument;
}

static int in_callback(struct dl_phdr_info *info, size_t size, void *context)
{
	pid_t pid;

	(void)info;
	(void)size;
	(void)context;
	step = 1;
	while (step < 2)
		usleep(1000);
	usleep(300000);			/* it waits by now */
	pid = fork();
	if (pid == 0) {
		CHECK(holds(map_anonymous(LENGTH), memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	return 1;
}

int main(void)
{
	pthread_t thread;

	CHECK(holds(map_anonymous(LENGTH), memory_at, 0, PAGE));
	CHECK_EQ(pthread_create(&thread, NULL, map_here, NULL), 0);
	CHECK_EQ(dl_iterate_phdr(in_callback, NULL), 1);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return 0;
}
