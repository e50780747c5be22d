/* SPDX-License-Identifier: MIT */
/*
 * mailbox.c - what the program's threads ask of the keeper
 *
 * A request is copied into a slot in the engine's memory, and so is its answer;
 * a futex wakes the keeper, another the one who asked.
 */
#include "config.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/engine/fault.h"
#include "preload/engine/fill.h"
#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/stats.h"
#include "preload/engine/trace.h"

enum { SLOT_FREE, SLOT_CLAIMED, SLOT_POSTED, SLOT_DONE };
#define SLOTS 64

struct slot {
	_Atomic uint32_t state;
	int (*function)(void *argument);
	int result;
	_Alignas(16) char argument[UL_ASK_MAX];
};

static struct slot slots[SLOTS];
static _Atomic uint32_t mail;		/* counts; the keeper waits for it */

#define BATCH 64
static struct ul_store_list released;	/* (b) stores to drop */
static struct ul_lock dropping = UL_LOCK_INIT(UL_RANK_THREADS);

#define SECOND_NS ((uint64_t)1000 * 1000 * 1000)
#define IDLE_LOOK_NS ((uint64_t)100 * 1000 * 1000)
static bool watching;			/* (b) loads that may take too long */
static unsigned int idle_looks;		/* (b) */

static struct slot *claim(void)
{
	for (;; sched_yield()) {
		for (int i = 0; i < SLOTS; i++) {
			uint32_t free_state = SLOT_FREE;

			if (atomic_compare_exchange_strong(&slots[i].state,
							   &free_state,
							   SLOT_CLAIMED))
				return &slots[i];
		}
	}
}

int ul_handler_ask(int (*function)(void *argument), void *argument, size_t size)
{
	struct slot *slot = claim();
	uint32_t now;
	int result;

	slot->function = function;
	memcpy(slot->argument, argument, size);
	slot->state = SLOT_POSTED;
	atomic_fetch_add(&mail, 1);
	ul_futex_wake(&mail, 1);
	while ((now = slot->state) != SLOT_DONE)
		ul_futex_wait(&slot->state, now);
	result = slot->result;
	memcpy(argument, slot->argument, size);
	slot->state = SLOT_FREE;
	return result;
}

void ul_handler_nudge(void)
{
	atomic_fetch_add(&mail, 1);
	ul_futex_wake(&mail, 1);
}

void ul_handler_release_store(struct ul_store *store)
{
	if (!ul_handler_runs()) {	/* and so nobody loads from it */
		ul_store_put(store);
		return;
	}
	ul_store_list_add(&released, store, 1);
	ul_handler_nudge();
}

static void answer(struct slot *slot)
{
	ul_baton_take();
	slot->result = slot->function(slot->argument);
	ul_lock_drop(&ul_baton);
	slot->state = SLOT_DONE;
	ul_futex_wake(&slot->state, 1);
}

/* Some of the stores that nobody loads from at the moment, and how often each
 * is to be put; the others are left for the next time. */
static unsigned int take_released(struct ul_store **batch, unsigned int *times)
{
	struct ul_store_list busy = { NULL };
	unsigned int n = 0, count;
	struct ul_store *store;

	ul_baton_take();
	while (n < BATCH && (store = ul_store_list_take(&released, &count))) {
		batch[n] = store;
		times[n] = count;
		if (ul_filler_uses(store))
			ul_store_list_add(&busy, store, count);
		else
			n++;
	}
	while ((store = ul_store_list_take(&busy, &count)))
		ul_store_list_add(&released, store, count);
	ul_lock_drop(&ul_baton);
	return n;
}

void ul_handler_drop_stores(void)
{
	struct ul_store *batch[BATCH];
	unsigned int times[BATCH], n;

	ul_lock_take(&dropping);	/* who comes second finds them gone */
	do {
		n = take_released(batch, times);
		for (unsigned int i = 0; i < n; i++)
			while (times[i]--)
				ul_store_put(batch[i]);
	} while (n == BATCH);
	ul_lock_drop(&dropping);
}

void ul_handler_watch(void)
{
	if (watching)
		return;
	watching = true;
	atomic_fetch_add(&mail, 1);
	ul_futex_wake(&mail, 1);
}

static uint64_t sooner(uint64_t ns, uint64_t other)
{
	return !ns || (other && other < ns) ? other : ns;
}

/* Returns when to look again, in ns; 0: when there is mail. */
static uint64_t watch(void)
{
	bool stuck = false;
	uint64_t next;

	ul_baton_borrow();
	next = watching ? ul_filler_watch(&stuck) : 0;
	if (stuck)			/* there may be no thread for it now */
		next = sooner(next, IDLE_LOOK_NS);
	/* Nothing is in flight: look once more before we sleep, for a wake
	 * costs every load that must be watched. */
	if (watching && !next) {
		next = idle_looks++ ? 0 : IDLE_LOOK_NS;
		watching = next != 0;
	}
	else
		idle_looks = 0;
	ul_lock_drop(&ul_baton);
	if (stuck)
		ul_handler_add_reader();
	return next;
}

/* Until there is mail, or one of the others has news; at most ns (0: any time).
 * Where it cannot be waited for all of them, the others are asked by the
 * second. */
static void wait_for_news(struct ul_futex_word words[3], unsigned int count,
			  uint64_t ns)
{
	static bool one_at_a_time;

	if (!one_at_a_time && ul_futex_wait_any(words, count, ns))
		return;
	if (!one_at_a_time)
		ul_fill_refuse();
	one_at_a_time = true;
	if (count > 2 && (!ns || ns > SECOND_NS))
		ns = SECOND_NS;
	ul_futex_wait_for(words[0].word, words[0].expected, ns);
}

/* Files of processes that are gone. Not at the start, when somebody waits. */
static void sweep_once(void)
{
	static bool swept;

	if (!swept)
		ul_stats_sweep();
	swept = true;
}

void ul_mailbox_serve(void)
{
	struct ul_futex_word words[3];	/* the mail's, and others' */
	uint64_t pause, next_look = ul_orphan_look(ul_handler_threads());
	unsigned int count;
	uint32_t seen;

	for (;;) {
		seen = mail;
		words[0] = (struct ul_futex_word){ &mail, seen, false };
		words[1] = ul_fill_listen();
		count = ul_orphan_word(&words[2]) ? 3 : 2;
		for (int i = 0; i < SLOTS; i++)
			if (slots[i].state == SLOT_POSTED) {
				answer(&slots[i]);
				sweep_once();
			}
		ul_crew_grow();
		if (released.first)
			ul_handler_drop_stores();
		ul_trace_make_room();
		pause = sooner(watch(), next_look);
		wait_for_news(words, count, pause);
		if (mail == seen)
			next_look = ul_orphan_look(ul_handler_threads());
	}
}

void ul_mailbox_forget(void)
{
	watching = false;
	ul_lock_reset(&dropping);
	memset(slots, 0, sizeof(slots));
}
