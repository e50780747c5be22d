/* SPDX-License-Identifier: MIT */
/* walkers.c - see walkers.h */
#include "config.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "preload/engine/lock.h"
#include "preload/engine/stats.h"
#include "preload/engine/walkers.h"

#define PATIENCE_NS ((uint64_t)1000 * 1000 * 1000)

static struct ul_lock key_lock = UL_LOCK_INIT(UL_RANK_START);
static _Atomic uint32_t walkers;	/* threads between begin and end */
static _Atomic uint32_t forking;	/* threads that wait to, or do */
/* Somebody walks while a thread forks, for its patience was over or the other's:
 * nobody can walk in that child, nor in its children. */
static atomic_bool met;
static bool barred;			/* constant but for a fork's child */

/* Until *word is no more than that. */
static void await(_Atomic uint32_t *word, uint32_t most)
{
	uint64_t until = ul_now_ns() + PATIENCE_NS;
	uint32_t now;

	while ((now = *word) > most && ul_now_ns() < until)
		ul_futex_wait_for(word, now, PATIENCE_NS);
}

/* In a fork's child nobody walks, not even a thread that was about to end. */
void ul_walkers_end(void)
{
	uint32_t now = walkers;

	while (now && !atomic_compare_exchange_weak(&walkers, &now, now - 1))
		;
	if (forking)
		ul_futex_wake(&walkers, INT32_MAX);
}

void ul_walkers_begin(void)
{
	uint64_t until = 0;

	for (;;) {
		atomic_fetch_add(&walkers, 1);
		if (!forking)
			return;
		if (!until)
			until = ul_now_ns() + PATIENCE_NS;
		if (ul_now_ns() >= until) {
			met = true;
			return;
		}
		ul_walkers_end();
		await(&forking, 0);
	}
}

void ul_walkers_fork_parent(void)
{
	if (atomic_fetch_sub(&forking, 1) == 1)
		ul_futex_wake(&forking, INT32_MAX);
}

void ul_walkers_fork_child(void)
{
	forking = walkers = 0;
	barred = barred || met;
	ul_lock_reset(&key_lock);
}

bool ul_walkers_are_barred(void)
{
	return barred;
}

/*
 * A thread that ends gives its cache of frames back to libunwind, under a lock
 * of that: a walk, too. libunwind does so where a key of its own is destroyed,
 * in the last round of destructors that there is; keys are in the order in which
 * they were made, in each round.
 */
static pthread_key_t before_key, after_key;
static _Atomic int has_keys;		/* 1: yes, -1: there are none to be had */
static char rounds[PTHREAD_DESTRUCTOR_ITERATIONS];	/* before_key's values */

/* The signals that the thread had blocked are the value of after_key, which
 * must not be 0; SIGKILL is never blocked. */
#define KILL_BIT (UINT64_C(1) << (SIGKILL - 1))

static void enter_end(void *value)
{
	char *round = value;
	sigset_t signals;
	uint64_t blocked;

	if (round + 1 < rounds + sizeof(rounds))
		pthread_setspecific(before_key, round + 1);
	ul_signals_block(&signals);
	memcpy(&blocked, &signals, sizeof(blocked));
	ul_walkers_begin();
	pthread_setspecific(after_key,
			    (void *)(uintptr_t)(blocked | KILL_BIT));
}

static void leave_end(void *value)
{
	uint64_t blocked = (uintptr_t)value & ~KILL_BIT;
	sigset_t signals;

	ul_walkers_end();
	sigemptyset(&signals);
	memcpy(&signals, &blocked, sizeof(blocked));
	ul_signals_restore(&signals);
}

void ul_walkers_fork_prepare(void)
{
	bool ends = has_keys == 1 && pthread_getspecific(after_key);

	if (atomic_fetch_add(&forking, 1) == 0)
		met = false;
	await(&walkers, ends);
	if (walkers > ends)
		met = true;
}

/* The process's first walk makes libunwind's key. */
void ul_walkers_run(void (*walk)(void *context), void *context)
{
	int has;

	if (has_keys) {
		walk(context);
	} else {
		ul_lock_take(&key_lock);
		has = has_keys;
		if (!has)
			has = pthread_key_create(&before_key, enter_end) ? -1 :
									   1;
		walk(context);
		if (!has_keys && has == 1 &&
		    pthread_key_create(&after_key, leave_end)) {
			pthread_key_delete(before_key);
			has = -1;
		}
		has_keys = has;
		ul_lock_drop(&key_lock);
	}
	if (has_keys == 1)
		pthread_setspecific(before_key, rounds);
}
