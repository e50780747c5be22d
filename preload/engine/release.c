/* SPDX-License-Identifier: MIT */
/*
 * release.c - the program wants memory of ours for a userfaultfd of its own
 *
 * The kernel lets one userfaultfd at a time have a range (EBUSY), and what the
 * program asks for goes first. What is missing and comes from a store with
 * bytes is brought, for nobody brings it later; what is zeros stays missing, so
 * that the program gets the faults it would have got without us. A block of
 * malloc's is let go of as a whole, and stays in the books so that it can be
 * freed: as a direct region, of which no fault or event comes to us either.
 */
#include "config.h"

#include <errno.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/place.h"
#include "preload/engine/plan.h"
#include "preload/engine/region.h"
#include "preload/engine/touch.h"

#define TRIES 8				/* for one page */

struct job {
	uintptr_t start, end;		/* what the program wants */
	uintptr_t due_start, due_end;	/* what must be brought first */
	struct ul_store *zero;
};

/* --- on the keeper, under the baton ----------------------------------------- */

/* Nothing else than a store can say what is in this page. */
static bool is_due(const struct ul_region *region, uintptr_t page)
{
	enum ul_plan_kind kind = ul_plan_kind_of(region, page);

	return !ul_plan_is_filled(region, page) &&
	       (kind == UL_FROM_STORE || kind == UL_LAST_PAGE);
}

/* The first pages of the region that are due, from `from` on. */
static bool find_due(const struct ul_region *region, uintptr_t from,
		     uintptr_t end, struct job *job)
{
	uintptr_t at = from;

	if (ul_store_is_zero(region->store))
		return false;
	while (at < end && !is_due(region, at))
		at += ul_page_size;
	job->due_start = at;
	while (at < end && is_due(region, at))
		at += ul_page_size;
	job->due_end = at;
	return job->due_start < job->due_end;
}

/* Of what the region has in the range; of a block, all of it. */
static void bounds(const struct ul_sighting *seen, const struct job *job,
		   uintptr_t *low, uintptr_t *high)
{
	bool block = atomic_load(&seen->region->block_size);

	*low = block || seen->start > job->start ? seen->start : job->start;
	*high = block || seen->end < job->end ? seen->end : job->end;
}

static int let_go(const struct ul_sighting *seen, uintptr_t low,
		  uintptr_t high, struct ul_store *zero)
{
	int error = ul_uffd_unregister(&ul_the_uffd, low, high - low);

	if (error)
		return error;
	if (atomic_load(&seen->region->block_size)) {
		ul_registry_retire(seen->region, zero);
		ul_direct_begin();
	} else {
		ul_registry_remove(low, high);
	}
	return 0;
}

static int release_job(void *argument)
{
	struct job *job = argument;
	uintptr_t at = job->start, low, high;
	struct ul_sighting seen;
	int error = 0;

	ul_handler_catch_up();
	for (; at < job->end && ul_registry_look(at, job->end, &seen);
	     at = seen.end) {
		bounds(&seen, job, &low, &high);
		if (!(seen.flags & UL_REGION_DIRECT) &&
		    find_due(seen.region, low, high, job))
			return -EAGAIN;
	}
	at = job->start;
	while (!error && at < job->end &&
	       ul_registry_look(at, job->end, &seen)) {
		bounds(&seen, job, &low, &high);
		if (!(seen.flags & UL_REGION_DIRECT))
			error = let_go(&seen, low, high, job->zero);
		at = seen.end;
	}
	return error;
}

/* --- the program's thread ----------------------------------------------------- */

/* The kernel knows no userfaultfd for files, which these are to the program. */
static bool has_files(const struct job *job)
{
	uintptr_t at = job->start;
	struct ul_sighting seen;

	for (; at < job->end && ul_registry_look(at, job->end, &seen);
	     at = seen.end)
		if ((seen.flags & UL_REGION_REFILLS) &&
		    !(seen.flags & UL_REGION_PLAIN))
			return true;
	return false;
}

static int try_release(struct job *job)
{
	struct ul_passage passage;
	int error;

	ul_passage_enter(&passage);
	error = ul_handler_ask(release_job, job, sizeof(*job));
	ul_passage_leave(&passage);
	return error;
}

int ul_release(uintptr_t start, size_t length)
{
	struct job job = { .start = start, .end = start + length };
	uintptr_t last = 0;
	struct ul_sighting seen;
	int error, tries = 0;

	if (job.end <= start || !ul_handler_runs() || !ul_handler_is_home())
		return 0;
	ul_handler_settle();
	if (!ul_registry_look(start, job.end, &seen))
		return 0;
	if (has_files(&job))
		return -EINVAL;
	job.zero = ul_place_zero_store();
	while ((error = try_release(&job)) == -EAGAIN) {
		tries = job.due_start == last ? tries + 1 : 0;
		last = job.due_start;
		if (tries == TRIES) {
			error = -EBUSY;
			break;
		}
		ul_touch_memory(job.due_start, job.due_end - job.due_start);
	}
	if (error)
		ul_log(UL_LOG_WARNING,
		       "the program wants %l bytes at %x for a userfaultfd of "
		       "its own, and cannot have them: %e",
		       (uint64_t)length, (uint64_t)start, error);
	else
		ul_log(UL_LOG_INFO,
		       "the program has %l bytes at %x for a userfaultfd of "
		       "its own",
		       (uint64_t)length, (uint64_t)start);
	return error ? error : 1;
}
