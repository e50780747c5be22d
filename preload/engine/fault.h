/* SPDX-License-Identifier: MIT */
/* fault.h - serving a fault, and the events that go with it. */
#ifndef UL_FAULT_H
#define UL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/engine/filler.h"
#include "preload/engine/uffd.h"

/*
 * Serve one fault: when this returns the page is there, or is poisoned, or
 * somebody is getting it, or its waiters were woken to try again. Under the
 * baton, which is let go of while the store is read.
 */
void ul_fault_serve(struct ul_filler *filler, const struct ul_message *fault,
		    uint64_t arrived_ns);

/* Carry out a plan for pages that nobody waits for yet. False: it cannot be
 * done, or the region changed (it may be gone). Under the baton, which is let
 * go of meanwhile. */
bool ul_fault_carry_out_ahead(struct ul_filler *filler,
			      const struct ul_plan *plan,
			      struct ul_region *region);

/* This page of a region cannot be produced: SIGBUS for who touches it, and a
 * line that says why unless that is empty. Under the baton. */
void ul_fault_poison(struct ul_region *region, uintptr_t page,
		     const char *why);

/*
 * Fill a page that is missing by the books, with what belongs into it, zeros
 * too, and its neighbours, because another process has asked for it; *end is
 * then where they end. Under the baton, which is let go of meanwhile: the
 * region may be gone afterwards. 0 or -errno: -EBUSY another thread fills it,
 * -EAGAIN the region changed, -EIO it cannot be had (*why tells), -ENOMEM.
 */
int ul_fault_fill_missing(struct ul_filler *filler, struct ul_region *region,
			  uintptr_t page, uintptr_t *end,
			  struct ul_store_error *why);

/*
 * Fill what an earlier run has touched: the store's bytes around a page, its
 * last page, too; or, if written, pages of zeros up to limit, as if they were
 * written now. Its bytes count as replayed; *end is where they end. False: there
 * is nothing to fill, or it cannot be done. As above for the baton.
 */
bool ul_fault_fill_recorded(struct ul_filler *filler, struct ul_region *region,
			    uintptr_t page, uintptr_t limit, bool written,
			    uintptr_t *end);

/* [start, end) are guard pages now: who waits for them touches them again, and
 * faults that were read before are not served. Under the baton. */
void ul_fault_meet_guards(uintptr_t start, uintptr_t end);

/* Has the region grown behind our back? Then the books learn it. Under the
 * baton. Returns 0 or -ENOMEM. */
int ul_fault_explore(struct ul_region *region);

/* An event of the kernel's: bring the registry up to date. Under the baton. */
void ul_event_apply(const struct ul_message *event);
/*
 * One that is told while a fork has lent the baton: it is kept, and applied when
 * that is over, in the child, too; until then nothing is placed in its ranges.
 * ul_event_room: so many may be kept. Under the baton.
 */
void ul_event_hold(const struct ul_message *event);
int ul_event_room(void);
bool ul_event_is_held(uintptr_t start, uintptr_t end);
void ul_event_apply_held(void);
/* In the child; books only. */
void ul_event_forked(void);
/* After the last event that was there: those that could not be applied yet. */
void ul_event_catch_up(void);
/* Are there such? Context: any; the answer may be old. */
bool ul_event_is_open(void);
/* Ranges of which an announced call's event tells wait for how the call ends.
 * done: it has succeeded; else the kernel is asked. Under the baton, but for the
 * question. */
bool ul_event_is_announced(void);
void ul_event_settle_announced(bool done);

#endif
