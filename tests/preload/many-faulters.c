/* SPDX-License-Identifier: MIT */
/*
 * Rationale: more threads fault at once than messages are kept, all on the same
 * page, and each on one of its own. A waiter that nobody wakes hangs.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <pthread.h>

#include "tests/preload/victim.h"

#define THREADS 600
#define ROUNDS 8
#define LENGTH (THREADS * 4 * PAGE)

static char *memory[ROUNDS];
static pthread_barrier_t barrier;

static void *toucher(void *argument)
{
	size_t mine = (size_t)argument;

	for (int round = 0; round < ROUNDS; round++) {
		/* together, and apart */
		size_t at = round % 2 ? 5 * PAGE : (mine * 4 + 1) * PAGE + mine;

		pthread_barrier_wait(&barrier);
		CHECK(holds(memory[round] + at, memory_at, at, 8));
	}
	return NULL;
}

int main(void)
{
	static pthread_t threads[THREADS];
	pthread_attr_t attributes;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < ROUNDS; i++)
		memory[i] = map_anonymous(LENGTH);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 * KIB);
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], &attributes, toucher,
				     (void *)i) == 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
