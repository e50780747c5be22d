/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork while other threads have faults in flight. The child must
 * neither inherit half of a fill nor wait for a thread that it does not have.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define LENGTH (8 * MIB)
#define THREADS 4
#define ROUNDS 12

static _Atomic(char *) target;
static atomic_bool stop;
static pthread_barrier_t barrier;

/* Touch pages all over what is there now, and what was put there instead. */
static void *toucher(void *argument)
{
	unsigned int seed = (unsigned int)(size_t)argument;

	pthread_barrier_wait(&barrier);
	while (!stop) {
		size_t at = (size_t)rand_r(&seed) % LENGTH;

		CHECK(holds(target + at, memory_at, at, 1));
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	char *memory[ROUNDS];

	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	target = memory[0] = map_anonymous(LENGTH);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, toucher, (void *)(i + 1));
	pthread_barrier_wait(&barrier);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pid;

		target = memory[round] = map_anonymous(LENGTH);
		pid = fork();
		if (pid == 0) {
			CHECK(holds_sparse(memory[round], memory_at, 0,
					   LENGTH));
			CHECK(holds(memory[round], memory_at, 0, LENGTH / 4));
			_exit(0);
		}
		wait_for(pid);
	}
	stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < ROUNDS; i++)
		CHECK(holds_sparse(memory[i], memory_at, 0, LENGTH));
	return 0;
}
