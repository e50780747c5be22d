/* SPDX-License-Identifier: MIT */
/*
 * worker.c - threads that fill ahead of the faults
 *
 * All sleep until a stream (readahead.h) or a record (replay.h) wants something,
 * and go on as long as any does. All are woken: the one on the program's CPU
 * stands back behind it (be_patient), and is there when the program waits.
 * Whether they sleep is said under the baton, and so is what they are wanted
 * for: no call is lost.
 */
#include "config.h"

#include <limits.h>

#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/readahead.h"
#include "preload/engine/replay.h"

static _Atomic uint32_t mail;		/* counts; workers wait for it */
static unsigned int asleep;		/* (b) workers */
static bool wanted;			/* (b) */

void ul_worker_want(void)
{
	wanted = true;
}

void ul_worker_wake(void)
{
	if (!wanted)
		return;
	wanted = false;
	if (!asleep) {			/* they look before they sleep */
		ul_crew_want_workers();
		return;
	}
	atomic_fetch_add(&mail, 1);
	ul_futex_wake(&mail, INT_MAX);
}

void ul_worker_serve(struct ul_filler *filler)
{
	uint32_t seen;

	for (;;) {
		ul_baton_take();
		while (ul_readahead_work(filler) || ul_replay_work(filler))
			ul_baton_give_way();
		seen = mail;
		asleep++;
		ul_lock_drop(&ul_baton);
		ul_futex_wait(&mail, seen);
		ul_baton_take();
		asleep--;
		ul_lock_drop(&ul_baton);
	}
}

void ul_worker_forget(void)
{
	asleep = 0;
	wanted = false;
	ul_readahead_forget();
}
