/* SPDX-License-Identifier: MIT */
/*
 * worker.c - threads that fill ahead of the faults
 *
 * A worker is pinned nowhere: it shall run where the program does not. It
 * sleeps until a stream wants something (readahead.h), and goes on as long as
 * any does. Whether it sleeps is said under the baton, and so is what it is
 * wanted for: no call is lost.
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
	if (!asleep)
		return;			/* they look before they sleep */
	atomic_fetch_add(&mail, 1);
	ul_futex_wake(&mail, INT_MAX);
}

void ul_worker_serve(struct ul_filler *filler)
{
	uint32_t seen;

	for (;;) {
		ul_lock_take(&ul_baton);
		while (ul_readahead_work(filler) || ul_replay_work(filler))
			;
		seen = mail;
		asleep++;
		ul_lock_drop(&ul_baton);
		ul_futex_wait(&mail, seen);
		ul_lock_take(&ul_baton);
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
