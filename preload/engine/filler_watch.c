/* SPDX-License-Identifier: MIT */
/*
 * filler_watch.c - loads that take too long: what is done for who waits; see
 * filler.h
 */
#include "config.h"

#include "preload/engine/fault.h"
#include "preload/engine/filler.h"
#include "preload/engine/filler_parts.h"
#include "preload/engine/handler.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/store/text.h"

/* A load takes so long: who waits for its neighbours, which are there, to be
 * woken with all of them, is woken now. */
#define KEPT_NS ((uint64_t)20 * 1000 * 1000)
/* All readers busy for so long: another one is wanted. */
#define STUCK_NS ((uint64_t)1000 * 1000 * 1000)

struct expiry {
	const struct ul_plan *plan;
	uintptr_t page;			/* done */
	const char *why;
};

static void poison_one(uintptr_t page, void *context)
{
	struct ul_region *region = ul_registry_find(page);
	struct expiry *expiry = context;

	if (region && page != expiry->page && ul_filler_is_meant(expiry->plan, page) &&
	    !ul_plan_is_filled(region, page))
		ul_fault_poison(region, page, expiry->why);
	expiry->page = page;
}

/* The load will not be waited for any longer. Its thread may never return from
 * it: what it brings is thrown away. Who waits for a piece that it has not come to
 * faults again. */
static void expire(struct ul_filler *filler)
{
	uintptr_t start = filler->busy_start, end = filler->busy_end;
	uintptr_t piece_start = filler->piece_start;
	uintptr_t piece_end = filler->piece_end;
	uintptr_t page = filler->busy_page;
	unsigned int waiters = filler->waiters;
	struct ul_store_error why;
	struct expiry expiry = { filler->busy_plan, 0, why.text };
	struct ul_text text;

	ul_text_init(&text, why.text, sizeof(why.text));
	ul_text_append_str(&text, "no answer in ");
	ul_text_append_u64(&text, filler->busy_timeout / 1000000);
	ul_text_append_str(&text, " ms");
	filler->expired = true;
	ul_filler_set_idle(filler);
	if (page)
		poison_one(page, &expiry);
	if (waiters) {
		ul_stats_wait_each(piece_start, piece_end, poison_one,
				   &expiry);
		ul_stats_wait_end(start, end);
	}
	ul_handler_wake(start, end - start);
}

/* Who waits for another piece than the one that does not come faults again, and
 * gets it by a load of its own. */
static void give_others_up(struct ul_filler *filler)
{
	uintptr_t start = filler->busy_start, end = filler->busy_end;

	filler->by_piece = true;
	filler->busy_start = filler->piece_start;
	filler->busy_end = filler->piece_end;
	filler->waiters = 0;
	ul_stats_wait_end(start, end);
	ul_handler_wake(start, end - start);
}

static bool is_kept_from_others(const struct ul_filler *filler)
{
	return filler->waiters && filler->busy_since && !filler->by_piece &&
	       filler->busy_end - filler->busy_start >
		       filler->piece_end - filler->piece_start;
}

/* Its load has taken so long. Returns when to look again, in ns; 0: it has none. */
static uint64_t look_at(struct ul_filler *filler, uint64_t taken)
{
	uint64_t left = STUCK_NS;

	if (filler->busy_timeout && filler->busy_since && !filler->expired &&
	    taken >= filler->busy_timeout)
		expire(filler);
	if (filler->kept_start && (taken >= KEPT_NS || filler->expired)) {
		ul_uffd_wake(&ul_the_uffd, filler->kept_start,
			     filler->kept_end - filler->kept_start);
		filler->kept_start = filler->kept_end = 0;
	}
	if (is_kept_from_others(filler) && taken >= KEPT_NS)
		give_others_up(filler);
	if (!filler->busy_since || filler->expired)
		return 0;
	if ((filler->kept_start || is_kept_from_others(filler)) &&
	    KEPT_NS - taken < left)
		left = KEPT_NS - taken;
	if (filler->busy_timeout && filler->busy_timeout - taken < left)
		left = filler->busy_timeout - taken;
	return left;
}

uint64_t ul_filler_watch(bool *stuck)
{
	uint64_t now = ul_now_ns(), next = 0;

	*stuck = true;
	for (struct ul_filler *f = ul_fillers; f; f = f->next) {
		uint64_t taken = f->busy_since && !f->places ?
					 now - f->busy_since : 0;
		uint64_t left = look_at(f, taken);

		if (f->reader && !f->expired && taken < STUCK_NS)
			*stuck = false;
		if (left && (!next || left < next))
			next = left;
	}
	return next;
}
