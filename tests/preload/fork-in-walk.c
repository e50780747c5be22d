/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork while other threads make lazy mappings, whose call stack is
 * walked with locks that a child gets from nobody. It makes mappings itself.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define LENGTH (256 * KIB)
#define THREADS 3
#define ROUNDS 4
#define PROCESSES 50

static atomic_bool stop;

/* A long way to walk, and back; not a tail call. */
static __attribute__((noinline)) int map_deep(int depth)
{
	if (depth)
		return map_deep(depth - 1) + (depth & 1);
	return munmap(map_anonymous(LENGTH), LENGTH);
}

static void *map_once(void *argument)
{
	CHECK(map_deep(40) > 0);
	return argument;
}

/* In new threads, which know no call stack yet. */
static void *mapper(void *argument)
{
	while (!stop) {
		pthread_t thread;

		CHECK_EQ(pthread_create(&thread, NULL, map_once, NULL), 0);
		pthread_join(thread, NULL);
	}
	return argument;
}

/* The first walks of a process take the longest, and its locks. */
static void fork_among_walkers(void)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, mapper, NULL), 0);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pid = fork();

		if (pid == 0) {
			CHECK(holds(map_anonymous(LENGTH), memory_at, 0, PAGE));
			_exit(0);
		}
		wait_for(pid);
	}
	stop = true;
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			fork_among_walkers();
			_exit(0);
		}
		wait_for(pid);
	}
	CHECK(holds(map_anonymous(LENGTH), memory_at, 0, PAGE));
	return 0;
}
