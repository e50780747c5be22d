/* SPDX-License-Identifier: MIT */
/*
 * plan.h - which pages are filled for a fault, and with what
 *
 * All under the baton. A plan holds until the region's version changes.
 */
#ifndef UL_PLAN_H
#define UL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/engine/region.h"

enum ul_plan_kind {
	UL_FROM_STORE,			/* whole pages of the store's bytes */
	UL_LAST_PAGE,			/* the store ends inside this page */
	UL_FROM_ZEROS,
	UL_NOTHING,			/* past the end of a mapped file */
};

struct ul_plan {
	uint64_t region_id, version;
	uintptr_t page;			/* the one that must be there */
	uintptr_t start, end;		/* what is filled with it */
	enum ul_plan_kind kind;
	bool write;
	bool demand;			/* a thread waits for it */
	bool requested;			/* another process has asked for it */
	bool replay;			/* an earlier run has touched it */
	bool together;			/* who waits is woken when the replay's
					 * batch is there too */
	uint64_t unit;			/* bytes to fill at a time, at least,
					 * where the rule does not say; 0: a
					 * frame, or UL_GRANULE */
};

/* A page's bit in its region's set, and what the books say of it. */
size_t ul_plan_bit(const struct ul_region *region, uintptr_t page);
bool ul_plan_is_filled(const struct ul_region *region, uintptr_t page);
/* What belongs into a page if it is missing. */
enum ul_plan_kind ul_plan_kind_of(const struct ul_region *region,
				  uintptr_t page);

/* Plan for a missing page of a region; alone: without its neighbours. Leaves
 * plan->demand, replay and unit as they are. */
void ul_plan_make(struct ul_region *region, uintptr_t page, bool write,
		  bool alone, struct ul_plan *plan);

/*
 * A plan is loaded and placed in pieces, some frames of the store or UL_GRANULE
 * each, so that they are in the CPU's cache still when they are placed, and
 * nobody has to wait for long to place his. The first is where a thread waits,
 * or the plan's start; then where the one that begins at `at` ends.
 */
uintptr_t ul_plan_first_piece(const struct ul_region *region,
			      const struct ul_plan *plan);
uintptr_t ul_plan_piece_end(const struct ul_region *region,
			    const struct ul_plan *plan, uintptr_t at);

/* Let a plan of zeros go on up to limit, as far as all of it is missing. */
void ul_plan_extend(const struct ul_region *region, uintptr_t limit,
		    struct ul_plan *plan);

/* The planned region, if nothing has happened to it since; else NULL. */
struct ul_region *ul_plan_holds(const struct ul_plan *plan);

#endif
