/* SPDX-License-Identifier: MIT */
/*
 * filler.c - see filler.h
 *
 * A thread that waits for a page is woken by the copy. Every other way out
 * wakes the whole planned range: whoever waits in it faults again, and is
 * served by what the books say then. Fills are idempotent, so one wake too
 * many costs a message and one too few is a hang.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/engine/fault.h"
#include "preload/engine/filler.h"
#include "preload/engine/filler_parts.h"
#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/region.h"
#include "preload/engine/replay.h"
#include "preload/engine/stats.h"

/* So many loads of one store may be beyond its timeout; then it is not asked
 * again before one of them comes back. */
#define EXPIRED_MAX 32

struct ul_filler *ul_fillers;

int ul_filler_init(struct ul_filler *filler)
{
	void *page = mmap(NULL, ul_page_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ul_scratch *scratch;

	if (page == MAP_FAILED)
		return -ENOMEM;
	scratch = ul_scratch_new();
	if (!scratch || ul_scratch_lasts(scratch) < 0) {
		ul_scratch_free(scratch);
		munmap(page, ul_page_size);
		return -ENOMEM;
	}
	/* All of it at once: a fork's child has it in the list, or makes it. */
	ul_baton_take();
	filler->scratch = scratch;
	filler->page = page;
	filler->next = ul_fillers;
	ul_fillers = filler;
	ul_lock_drop(&ul_baton);
	return 0;
}

void ul_filler_set_idle(struct ul_filler *filler)
{
	filler->busy_start = filler->busy_end = 0;
	filler->busy_page = 0;
	filler->busy_plan = NULL;
	filler->piece_start = filler->piece_end = 0;
	filler->by_piece = false;
	filler->waiters = 0;
}

void ul_filler_reset_all(void)
{
	for (struct ul_filler *f = ul_fillers; f; f = f->next) {
		ul_filler_set_idle(f);
		f->busy_store = NULL;
		f->busy_since = 0;
		f->kept_start = f->kept_end = 0;
		f->places = f->expired = false;
		f->keeps_company = false;
	}
}

bool ul_filler_uses(const struct ul_store *store)
{
	for (struct ul_filler *f = ul_fillers; f; f = f->next)
		if (f->busy_store == store)
			return true;
	return false;
}

bool ul_filler_is_meant(const struct ul_plan *plan, uintptr_t page)
{
	const struct ul_region *region = ul_registry_find(page);

	return region && region->id == plan->region_id &&
	       ul_plan_kind_of(region, page) == plan->kind;
}

struct ul_filler *ul_filler_of(uintptr_t page)
{
	for (struct ul_filler *f = ul_fillers; f; f = f->next)
		if (page >= f->busy_start && page < f->busy_end &&
		    ul_filler_is_meant(f->busy_plan, page))
			return f;
	return NULL;
}

bool ul_filler_is_waited_for(void)
{
	for (struct ul_filler *f = ul_fillers; f; f = f->next)
		if (f->waiters)
			return true;
	return false;
}

/* --- load --- */

static int load(struct ul_filler *filler, struct ul_store *store,
		const struct ul_plan *plan, uint64_t offset, size_t length,
		const void **bytes, struct ul_store_error *why)
{
	int error = ul_store_load(store, offset, length, filler->scratch,
				  bytes, why);

	if (error || plan->kind != UL_LAST_PAGE)
		return error;
	memset(filler->page + length, 0, ul_page_size - length);
	error = ul_map_copy(filler->page, *bytes, length);
	*bytes = filler->page;
	if (error)
		strcpy(why->text, "the file was cut short or cannot be read");
	return error;
}

/* Loads of this store that never came back in time. */
static unsigned int count_expired(const struct ul_store *store)
{
	unsigned int n = 0;

	for (struct ul_filler *f = ul_fillers; f; f = f->next)
		n += f->expired && f->busy_store == store;
	return n;
}

/* Is any reader free to read messages? */
static bool are_all_readers_busy(void)
{
	for (struct ul_filler *f = ul_fillers; f; f = f->next)
		if (f->reader && !f->busy_since)
			return false;
	return true;
}

/* These pages are seen to be on their way. */
static void claim(struct ul_filler *filler, const struct ul_plan *plan)
{
	filler->busy_start = plan->start;
	filler->busy_end = plan->end;
	filler->busy_page = plan->demand ? plan->page : 0;
	filler->busy_plan = plan;
}

/* A load begins. */
static void begin_load(struct ul_filler *filler)
{
	filler->busy_since = ul_now_ns();
	if (filler->busy_timeout || are_all_readers_busy())
		ul_handler_watch();
}

/* The filler is seen to be at work. */
static void set_busy(struct ul_filler *filler, const struct ul_plan *plan,
		     const struct ul_region *region)
{
	claim(filler, plan);
	filler->busy_store = region->store;
	filler->busy_timeout = region->timeout_ns;
	begin_load(filler);
}

/* Who comes to wait when the copy is done, and it does not look so yet, was not
 * woken by it: a page that another has just given back may be missing again. */
static enum ul_filled place(struct ul_filler *filler, const struct ul_plan *plan,
			    struct ul_region *region, uintptr_t start,
			    uintptr_t end, const void *bytes)
{
	unsigned int waiters = filler->waiters;
	enum ul_filled result;

	filler->places = true;
	result = bytes ? ul_filler_place(plan, region, start, end, bytes) :
			 ul_filler_place_zeros(plan, region);
	filler->places = false;
	if (filler->waiters != waiters)
		ul_handler_wake(start, end - start);
	return result;
}

/*
 * Load and place what is planned from *at on, a piece of it, and move on to the
 * next: behind the end of the plan lies its start. The baton is let go of for
 * the load.
 */
static enum ul_filled fill_piece(struct ul_filler *filler,
				 const struct ul_plan *plan,
				 struct ul_region *region, uintptr_t *at,
				 uintptr_t first, struct ul_store_error *why)
{
	uint64_t from = *at - region->start;
	uint64_t offset = region->store_offset + from;
	uintptr_t start = *at, end = ul_plan_piece_end(region, plan, start);
	size_t length = end - start;
	enum ul_filled result;
	const void *bytes;
	int error;

	if (start < first && end > first)
		length = (end = first) - start;
	if (length > region->backed - from)
		length = region->backed - from;
	*at = end < plan->end ? end : plan->start;
	filler->piece_start = start;
	filler->piece_end = end;
	if (filler->by_piece) {
		filler->busy_start = start;
		filler->busy_end = end;
	}
	begin_load(filler);
	ul_readers_kick();		/* for what was read meanwhile */
	ul_lock_drop(&ul_baton);
	error = load(filler, filler->busy_store, plan, offset, length, &bytes,
		     why);
	ul_baton_join();
	if (filler->expired) {		/* who waited has been told */
		strcpy(why->text, "no answer in time");
		return UL_GIVEN_UP;
	}
	region = ul_plan_holds(plan);
	if (!region)
		return UL_CHANGED;
	if (error)
		return UL_BAD_SOURCE;
	result = place(filler, plan, region, start, end, bytes);
	if (result == UL_BAD_SOURCE)
		strcpy(why->text, "the file was cut short or cannot be read");
	if (result == UL_PLACED && !filler->keeps_company &&
	    !ul_filler_place_wakes(plan, start, end)) {
		filler->kept_start = plan->start;
		filler->kept_end = end;
	}
	if (result == UL_PLACED && start <= plan->page && plan->page < end) {
		filler->busy_page = 0;
		filler->served_ns = ul_now_ns();
	}
	return result;
}

/* Nothing is in flight any more, and who waits is woken. */
static void end_load(struct ul_filler *filler, const struct ul_plan *plan,
		     enum ul_filled result)
{
	bool waited_for = filler->waiters;

	ul_filler_set_idle(filler);
	filler->busy_since = 0;
	filler->busy_store = NULL;
	filler->expired = false;
	if (result == UL_PLACED && !filler->keeps_company &&
	    (plan->together || (plan->replay && waited_for))) {
		filler->kept_start = plan->start;
		filler->kept_end = plan->end;
		ul_handler_watch();
		filler->keeps_company = true;
		ul_replay_keep_company(filler);
		filler->keeps_company = false;
		filler->served_ns = ul_now_ns();
	}
	if (!filler->keeps_company)
		filler->kept_start = filler->kept_end = 0;
	if (result != UL_PLACED || !plan->demand || plan->together)
		ul_handler_wake(plan->start, plan->end - plan->start);
	if (waited_for)
		ul_stats_wait_end(plan->start, plan->end);
}

/* The page is claimed, and nothing is loaded yet: what this takes is not the
 * store's time. Returns the region, which may have changed meanwhile: NULL. */
static struct ul_region *grow_first(struct ul_filler *filler,
				    const struct ul_plan *plan)
{
	filler->busy_since = 0;
	ul_readers_kick();
	ul_lock_drop(&ul_baton);
	ul_crew_grow_beside(filler->served);
	ul_baton_borrow();
	begin_load(filler);
	return ul_plan_holds(plan);
}

static enum ul_filled fill_from_store(struct ul_filler *filler,
				      const struct ul_plan *plan,
				      struct ul_region *region,
				      struct ul_store_error *why)
{
	uintptr_t first = ul_plan_first_piece(region, plan), at = first;
	enum ul_filled result;

	if (region->timeout_ns && count_expired(region->store) >= EXPIRED_MAX) {
		strcpy(why->text, "it has stopped to answer");
		return UL_BAD_SOURCE;
	}
	set_busy(filler, plan, region);
	if (plan->demand && filler->served && ul_crew_is_small())
		region = grow_first(filler, plan);
	do {
		result = region ? fill_piece(filler, plan, region, &at, first,
					    why) :
				  UL_CHANGED;
		region = ul_plan_holds(plan);
	} while (result == UL_PLACED && at != first);
	end_load(filler, plan, result);
	return result;
}

static enum ul_filled fill_with_zeros(struct ul_filler *filler,
				      const struct ul_plan *plan,
				      struct ul_region *region)
{
	enum ul_filled result;
	bool waited_for;

	claim(filler, plan);
	result = place(filler, plan, region, plan->start, plan->end, NULL);
	waited_for = filler->waiters;
	ul_filler_set_idle(filler);
	if (waited_for)
		ul_stats_wait_end(plan->start, plan->end);
	return result;
}

static enum ul_filled by_kind(struct ul_filler *filler,
			      const struct ul_plan *plan,
			      struct ul_region *region,
			      struct ul_store_error *why)
{
	switch (plan->kind) {
	case UL_FROM_ZEROS:
		return fill_with_zeros(filler, plan, region);
	case UL_NOTHING:
		return UL_BAD_SOURCE;
	default:
		return fill_from_store(filler, plan, region, why);
	}
}

enum ul_filled ul_filler_carry_out(struct ul_filler *filler,
				   const struct ul_plan *plan,
				   struct ul_region *region,
				   struct ul_store_error *why)
{
	enum ul_filled result;

	why->text[0] = '\0';
	filler->served_ns = 0;
	if (ul_event_is_held(plan->start, plan->end)) {
		ul_handler_breathe();
		ul_handler_wake(plan->start, plan->end - plan->start);
		return UL_CHANGED;
	}
	result = by_kind(filler, plan, region, why);
	/* Messages may have been read on the way. */
	if (!filler->reader)
		ul_handler_hand_over();
	return result;
}
