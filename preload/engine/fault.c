/* SPDX-License-Identifier: MIT */
/*
 * fault.c - serving a fault: plan, carry out, and what to do when that fails
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "preload/engine/engine.h"
#include "preload/engine/fault.h"
#include "preload/engine/handler.h"
#include "preload/engine/locked.h"
#include "preload/engine/log.h"
#include "preload/engine/placing.h"
#include "preload/engine/readahead.h"
#include "preload/engine/region.h"
#include "preload/engine/replay.h"
#include "preload/engine/stats.h"
#include "preload/engine/trace.h"

#define EVENT_TRIES 150			/* then the kernel may wait for us */

static uint64_t guarded_ns;		/* (b) when guard pages came last */

/* --- the fault --- */

void ul_fault_poison(struct ul_region *region, uintptr_t page,
		     const char *why)
{
	uint64_t offset = region->store_offset + (page - region->start);
	const struct ul_plan plan = {
		.page = page,
		.start = page,
		.end = page + ul_page_size,
		.demand = true,
	};
	int error;

	ul_trace_note_fill(region, &plan, UL_TRACE_POISON, ul_now_ns());
	/* Said first: afterwards there may be no process to say it. */
	if (*why)
		ul_log(UL_LOG_ERROR,
		       "store %s, offset %l: %s; the page at %x raises SIGBUS",
		       ul_store_name(region->store), offset, why,
		       (uint64_t)page);
	error = ul_uffd_poison(&ul_the_uffd, page, ul_page_size);
	if (error != -EAGAIN && error != -EEXIST)
		ul_stats_add(region, UL_COUNTER(poisoned_bytes), ul_page_size);
	if (error && error != -EAGAIN && error != -EEXIST &&
	    error != -ENOENT && error != -ESRCH)
		ul_handler_refused("keeping a page away", error);
	/* Where it could not be done it faults again, if it is missing. */
	ul_handler_wake(page, ul_page_size);
}

int ul_fault_explore(struct ul_region *region)
{
	int error = 0;

	while (!error && !ul_registry_find(region->end) &&
	       ul_uffd_is_registered(&ul_the_uffd, region->end) == 1)
		error = ul_region_grow(region, region->end + ul_page_size);
	return error;
}

/*
 * A registered page that the books do not know: the kernel has let a mapping
 * grow (a raw mremap), and what lies behind a region without a gap belongs to
 * it. Behind a gap, or below all regions, nobody can say whose it is.
 */
static struct ul_region *adopt(uintptr_t page)
{
	struct ul_region *region = ul_registry_before(page);
	int registered = ul_uffd_is_registered(&ul_the_uffd, page);

	if (registered == -EAGAIN)	/* an event comes first, or never */
		ul_locked_let_go(page);
	if (registered != 1)
		return NULL;
	/* What mremap(2) leaves behind is entered by who has called it. */
	if (ul_passage_is_announced(page, page + ul_page_size)) {
		ul_handler_breathe();
		return NULL;
	}
	/* Without memory for the books nobody will ever know. */
	if (region && ul_fault_explore(region) == 0 &&
	    ul_uffd_is_registered(&ul_the_uffd, region->end) != 0)
		return ul_registry_find(page);
	if (ul_registry_find(page) || ul_event_is_open())
		return ul_registry_find(page);
	ul_uffd_poison(&ul_the_uffd, page, ul_page_size);
	ul_log(UL_LOG_ERROR,
	       "a raw mremap left the page at %x without an owner; it raises "
	       "SIGBUS",
	       (uint64_t)page);
	return NULL;
}

static void log_fault(const struct ul_message *fault,
		      const struct ul_plan *plan,
		      const struct ul_region *region)
{
	bool zero = plan->kind == UL_FROM_ZEROS;

	ul_log(UL_LOG_DEBUG, "fault at %x, %s: %l bytes at %x from %s, offset %l",
	       (uint64_t)fault->address, fault->write ? "write" : "read",
	       (uint64_t)(plan->end - plan->start), (uint64_t)plan->start,
	       zero ? "zero" : ul_store_name(region->store),
	       region->store_offset + (plan->start - region->start));
}

static void account(struct ul_region *region, const struct ul_plan *plan,
		    const struct ul_message *fault, uint64_t arrived_ns,
		    uint64_t served_ns)
{
	ul_trace_note_fill(region, plan, fault->write ? UL_TRACE_WRITE : 0,
			   arrived_ns);
	ul_stats_add(region, UL_COUNTER(fills), 1);
	ul_stats_fault(region, fault->write, fault->thread,
		       (served_ns ? served_ns : ul_now_ns()) - arrived_ns);
}

bool ul_fault_carry_out_ahead(struct ul_filler *filler,
			      const struct ul_plan *plan,
			      struct ul_region *region)
{
	unsigned int flags = plan->replay ? UL_TRACE_REPLAY : UL_TRACE_AHEAD;
	uint64_t began_ns = ul_now_ns();
	struct ul_store_error why;

	if (ul_filler_carry_out(filler, plan, region, &why) != UL_PLACED)
		return false;
	region = ul_registry_find(plan->page);
	if (region && region->id == plan->region_id)
		ul_trace_note_fill(region, plan,
				   flags | (plan->write ? UL_TRACE_WRITE : 0),
				   began_ns);
	return true;
}

bool ul_fault_fill_recorded(struct ul_filler *filler, struct ul_region *region,
			    uintptr_t page, uintptr_t limit, bool written,
			    uintptr_t *end)
{
	struct ul_plan plan = { .replay = true };
	enum ul_plan_kind kind = ul_plan_kind_of(region, page);

	if (ul_plan_is_filled(region, page) || ul_filler_of(page) ||
	    kind == UL_NOTHING || (kind == UL_FROM_ZEROS && !written))
		return false;
	ul_plan_make(region, page, kind == UL_FROM_ZEROS,
		     kind == UL_FROM_ZEROS, &plan);
	if (kind == UL_FROM_ZEROS)
		ul_plan_extend(region, limit, &plan);
	*end = plan.end;
	return ul_fault_carry_out_ahead(filler, &plan, region);
}

int ul_fault_fill_missing(struct ul_filler *filler, struct ul_region *region,
			  uintptr_t page, uintptr_t *end,
			  struct ul_store_error *why)
{
	struct ul_plan plan = { .requested = true };
	enum ul_filled result;

	if (ul_filler_of(page))
		return -EBUSY;
	ul_plan_make(region, page, false, false, &plan);
	result = ul_filler_carry_out(filler, &plan, region, why);
	if (result == UL_BAD_SOURCE && ul_plan_holds(&plan) == region) {
		/* Perhaps it is a neighbour's bytes that cannot be had. */
		ul_plan_make(region, page, false, true, &plan);
		result = ul_filler_carry_out(filler, &plan, region, why);
	}
	*end = plan.end;
	switch (result) {
	case UL_PLACED:
		return 0;
	case UL_BAD_SOURCE:
	case UL_GIVEN_UP:
	case UL_REFUSED:
		return -EIO;
	case UL_NO_MEMORY:
		return -ENOMEM;
	default:
		return -EAGAIN;
	}
}

/* The page is in flight; its waiters are woken, and counted, when it lands. */
static void wait_for(struct ul_filler *busy, struct ul_region *region,
		     uintptr_t page, const struct ul_message *fault,
		     uint64_t arrived_ns)
{
	busy->waiters++;
	if (busy->busy_end - busy->busy_start > UL_GRANULE)
		ul_handler_watch();	/* one of its pieces may be stuck */
	ul_stats_wait_begin(fault, arrived_ns);
	ul_readahead_note(region, page, busy->busy_start, busy->busy_end,
			  false);
}

void ul_fault_meet_guards(uintptr_t start, uintptr_t end)
{
	guarded_ns = ul_now_ns();
	ul_handler_wake(start, end - start);
}

/* It is one by now; a fault that came later is of one that is none any more. */
static bool met_guard(const struct ul_region *region, uintptr_t page,
		      uint64_t arrived_ns)
{
	return arrived_ns <= guarded_ns &&
	       ul_bits_get(region->pages->guards, ul_plan_bit(region, page));
}

/* The region of a fault; NULL: there is none, or nothing is missing, and who
 * has faulted was woken. */
static struct ul_region *region_of(uintptr_t page, uint32_t thread,
				   uint64_t arrived_ns)
{
	struct ul_region *region;
	unsigned int tries = 0;

	if (ul_locked_grows_into(page, thread))
		return NULL;
	/* The books are behind: they may show another's mapping. And the event
	 * that they wait for may be of who waits for this page. */
	while (ul_event_is_open() && !ul_baton_is_lent()) {
		if (!ul_registry_find(page) || ++tries % EVENT_TRIES == 0)
			ul_locked_let_go(page);
		ul_handler_breathe();
		ul_handler_drain();
	}
	region = ul_registry_find(page);
	if (!region && ul_baton_is_lent())
		ul_handler_breathe();
	else if (!region)
		region = adopt(page);
	if (!region || met_guard(region, page, arrived_ns) ||
	    (ul_plan_is_filled(region, page) && ul_page_is_present(page))) {
		/* Or it came while the message was on its way. */
		ul_handler_wake(page, ul_page_size);
		return NULL;
	}
	return region;
}

static const char *in_words(enum ul_filled result,
			    const struct ul_store_error *why)
{
	switch (result) {
	case UL_NO_MEMORY:
		return "out of memory";
	case UL_REFUSED:
		return "the kernel does not place it";
	default:
		return why->text;
	}
}

/* Or, where a move that has not been told of yet lies over it, let it be. */
static void poison_planned(const struct ul_plan *plan, const char *why)
{
	struct ul_region *region;
	unsigned int tries = 0;

	while ((region = ul_plan_holds(plan)) &&
	       ul_uffd_is_changing(&ul_the_uffd))
		ul_locked_await_event(plan, &tries);
	if (region)
		ul_fault_poison(region, plan->page, why);
	else
		ul_handler_wake(plan->page, ul_page_size);
}

void ul_fault_serve(struct ul_filler *filler, const struct ul_message *fault,
		    uint64_t arrived_ns)
{
	uintptr_t page = fault->address & ~(ul_page_size - 1);
	struct ul_plan plan = { .demand = true };
	struct ul_store_error why;
	struct ul_region *region;
	struct ul_filler *busy;
	enum ul_filled result;
	bool alone = false;

	do {
		region = region_of(page, fault->thread, arrived_ns);
		if (!region)
			return;
		busy = ul_filler_of(page);
		if (busy) {
			wait_for(busy, region, page, fault, arrived_ns);
			return;
		}
		ul_plan_make(region, page, fault->write, alone, &plan);
		plan.together = ul_replay_is_near(region, page);
		if (ul_log_wants(UL_LOG_DEBUG))
			log_fault(fault, &plan, region);
		if (!alone)
			ul_readahead_note(region, page, plan.start, plan.end,
					  true);
		filler->served = fault->thread;
		result = ul_filler_carry_out(filler, &plan, region, &why);
		filler->served = 0;
		/* Perhaps it is a neighbour's bytes that cannot be had. */
		alone = !alone && result == UL_BAD_SOURCE;
	} while (alone);
	/* Who still waits faults again: its range was woken. */
	if (result == UL_CHANGED || result == UL_GONE || result == UL_GIVEN_UP)
		return;
	if (result != UL_PLACED) {
		poison_planned(&plan, in_words(result, &why));
		return;
	}
	region = ul_registry_find(page);
	if (region && region->id == plan.region_id)
		account(region, &plan, fault, arrived_ns, filler->served_ns);
}
