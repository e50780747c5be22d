/* SPDX-License-Identifier: MIT */
/*
 * filler.h - getting the bytes of planned pages, and placing them
 *
 *      load   get the bytes from the store                        (no baton)
 *      check  is all as it was when we planned?                   (baton)
 *      place  UFFDIO_COPY, and what the kernel answers to it      (baton, but
 *             for most of a file's bytes: placing.h)
 *
 * A filler is what one thread fills with. The list of fillers is also the
 * table of what is in flight: no page is got from its store twice at once.
 */
#ifndef UL_FILLER_H
#define UL_FILLER_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/engine/plan.h"
#include "preload/store/store.h"

struct ul_message;

struct ul_filler {
	struct ul_scratch *scratch;
	char *page;			/* room for a store's last, partial page */
	uintptr_t busy_start, busy_end;	/* (b) being filled by this thread */
	uintptr_t piece_start, piece_end;	/* (b) of these, at work */
	bool by_piece;			/* (b) the others are not claimed */
	uintptr_t busy_page;		/* (b) of these, the one waited for, or 0 */
	const struct ul_plan *busy_plan;	/* (b) by this plan, or NULL */
	struct ul_store *busy_store;	/* (b) from this store, or NULL */
	uint64_t busy_since;		/* (b) when that load began; 0: no load */
	uint64_t busy_timeout;		/* (b) ns it may take; 0: any time */
	uint64_t served_ns;		/* when the plan's page was placed, or 0 */
	unsigned int waiters;		/* (b) faults that wait for its pages */
	bool places;			/* (b) the load is over */
	bool expired;			/* (b) it took too long: throw it away */
	uintptr_t kept_start, kept_end;	/* (b) filled, and not woken yet */
	bool keeps_company;		/* its own: it fills what others wait for */
	bool reader;			/* (c) its thread reads messages */
	uint32_t served;		/* the thread whose fault it serves, or 0 */
	struct ul_filler *next;		/* all fillers; constant */
};

/* Context: thread start, before the filler is used. Returns 0 or -ENOMEM. */
int ul_filler_init(struct ul_filler *filler);
/* Is any thread in the middle of a load from it? Under the baton. */
bool ul_filler_uses(const struct ul_store *store);
/* In a fork's child: no thread fills. */
void ul_filler_reset_all(void);

/* Who is getting this page, and will wake all who wait for it; or NULL. What is
 * brought for memory that was given back or replaced does not count: nobody can
 * use it. Under the baton. */
struct ul_filler *ul_filler_of(uintptr_t page);
/* Does any fault wait for a page that is in flight? Under the baton. */
bool ul_filler_is_waited_for(void);

enum ul_filled {
	UL_PLACED,
	UL_CHANGED,			/* the books changed: plan again */
	UL_GONE,			/* not ours any more */
	UL_GIVEN_UP,			/* too late: who waited was told */
	UL_BAD_SOURCE,			/* the bytes cannot be had: see why */
	UL_NO_MEMORY,
	UL_REFUSED,			/* the kernel will not place them */
};

/* Place [at, end) of what is planned, of these bytes, and all of it of zeros, of
 * which who waits is told. Under the baton. */
enum ul_filled ul_filler_place(const struct ul_plan *plan,
			       struct ul_region *region, uintptr_t at,
			       uintptr_t end, const char *bytes);
enum ul_filled ul_filler_place_zeros(const struct ul_plan *plan,
				     struct ul_region *region);

/* Does placing [at, end) of it wake who waits? Who waits for a piece of what is
 * filled ahead, or of many zeros, waits for all of it: woken by the piece, it
 * would soon wait for the next. */
bool ul_filler_place_wakes(const struct ul_plan *plan, uintptr_t at,
			   uintptr_t end);

/*
 * Do what was planned for the region. Whatever comes of it but UL_PLACED, who
 * waits in the planned range was woken, to fault again. Under the baton, which
 * is let go of while the store is read; afterwards the region may be gone.
 */
enum ul_filled ul_filler_carry_out(struct ul_filler *filler,
				   const struct ul_plan *plan,
				   struct ul_region *region,
				   struct ul_store_error *why);

/*
 * Loads that take longer than their store's timeout are given up: the pages
 * that are waited for raise SIGBUS. Returns when to look again, in ns from
 * now; 0: not before somebody asks (ul_handler_watch). *stuck is set when all
 * readers have been busy for so long that another one is wanted. Context: the
 * keeper, under the baton.
 */
uint64_t ul_filler_watch(bool *stuck);

#endif
