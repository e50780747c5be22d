/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the engine's locks are its own. Counting under one from several
 * threads must lose nothing, nor a wake, whoever waits for a time only.
 */
#include "config.h"

#include <pthread.h>

#include "preload/engine/lock.h"
#include "tests/unit/check.h"

#define THREADS 4
#define ROUNDS 200000

static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_LEAF);
static long count;

static void *count_up(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (argument && i % 2)
			while (!ul_lock_take_for(&lock, 100000000))
				continue;
		else
			ul_lock_take(&lock);
		count++;
		ul_lock_drop(&lock);
	}
	return argument;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, count_up,
					i % 2 ? &lock : NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(count, THREADS * ROUNDS);
	return 0;
}
