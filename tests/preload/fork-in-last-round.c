/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a thread that ends gives its cache of frames back to libunwind, under
 * a lock, in the last round of destructors. A fork waits for that. Here a key of
 * the program's lies between those that the library guards it by, and so its
 * destructor runs just then.
 *
 * modes: zero
 */
#include "config.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

static pthread_key_t between;
static atomic_int step;			/* 1: the last round, 2: forked */

static void destroy(void *round)
{
	if ((uintptr_t)round < PTHREAD_DESTRUCTOR_ITERATIONS) {
		pthread_setspecific(between, (char *)round + 1);
		return;
	}
	step = 1;
	for (int i = 0; i < 300 && step == 1; i++)
		usleep(1000);
	CHECK_EQ(step, 1);
}

static void *map_and_end(void *argument)
{
	/* The first walks of a process go without a cache. */
	for (int i = 0; i < 16; i++)
		CHECK(holds(map_anonymous(MIB), memory_at, 0, PAGE));
	CHECK_EQ(pthread_setspecific(between, (void *)1), 0);
	return argument;
}

/* The lowest that is free is what is made next, by the library. */
static void leave_one_below(void)
{
	pthread_key_t below;

	CHECK_EQ(pthread_key_create(&below, NULL), 0);
	CHECK_EQ(pthread_key_create(&between, destroy), 0);
	CHECK_EQ(pthread_key_delete(below), 0);
}

int main(void)
{
	pthread_t thread;
	pid_t pid;

	leave_one_below();
	CHECK_EQ(pthread_create(&thread, NULL, map_and_end, NULL), 0);
	while (step < 1)
		usleep(100);
	pid = fork();
	if (pid == 0) {
		CHECK(holds(map_anonymous(MIB), memory_at, 0, PAGE));
		_exit(0);
	}
	step = 2;
	wait_for(pid);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return 0;
}
