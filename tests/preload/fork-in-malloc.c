/* SPDX-License-Identifier: MIT */
/*
 * Rationale: fork(2) waits for who has a lock of malloc's; that thread may be in
 * a signal handler (a profiler's) that touches lazy memory. So faults are served
 * until the very moment of the fork, and the child has every byte all the same.
 *
 * modes: plain zero file blob
 */
#include "config.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define FORKS 60
#define BLOCKS 20000
#define ROOM (64 * MIB)			/* more pages than signals */

static char *room;
static _Atomic size_t touched;		/* from room on, in pages */
static atomic_bool stop;
static pthread_t allocator;

static void on_signal(int number)
{
	size_t at = touched;

	(void)number;
	if (at == ROOM / PAGE)
		return;
	room[at * PAGE] = 'w';
	touched = at + 1;
}

/* Most of its time it has the arena's lock. */
static void *allocate_for_ever(void *argument)
{
	static void *blocks[BLOCKS];

	(void)argument;
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(2000);
	for (size_t i = 0; i < BLOCKS; i += 2)
		free(blocks[i]);
	while (!stop)
		mallinfo2();
	return NULL;
}

static void *signal_for_ever(void *argument)
{
	(void)argument;
	while (!stop) {
		pthread_kill(allocator, SIGUSR1);
		usleep(150);
	}
	return NULL;
}

static void check_child(size_t before)
{
	alarm(60);
	CHECK(holds_sparse(room + before * PAGE + 1, memory_at,
			   before * PAGE + 1, 64 * PAGE));
	for (size_t i = 0; i < before; i++)
		CHECK(room[i * PAGE] == 'w');
	_exit(0);
}

int main(void)
{
	pthread_t signaller;

	room = map_anonymous(ROOM);
	signal(SIGUSR1, on_signal);
	CHECK(pthread_create(&allocator, NULL, allocate_for_ever, NULL) == 0);
	CHECK(pthread_create(&signaller, NULL, signal_for_ever, NULL) == 0);
	while (touched < 3)
		usleep(100);
	for (int i = 0; i < FORKS; i++) {
		size_t before = touched;
		pid_t pid = fork();

		if (pid == 0)
			check_child(before);
		wait_for(pid);
	}
	stop = true;
	pthread_join(signaller, NULL);
	pthread_join(allocator, NULL);
	CHECK(holds_sparse(room + 1, memory_at, 1, ROOM - PAGE));
	return 0;
}
