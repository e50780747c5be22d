/* SPDX-License-Identifier: MIT */
/*
 * fill.c - see fill.h
 *
 * A request is a walk from the lowest address to the highest, in steps. Before
 * each the faults that wait are served, so that the program comes first; after
 * each the baton is let go of when somebody wants it. What the program maps
 * behind the walk meanwhile stays missing.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "preload/engine/fill.h"
#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/log.h"
#include "preload/engine/plan.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"

#define LOOK_MAX ((size_t)4096)		/* pages looked at in one step */
#define TRIES 500			/* 20 us each, for a page that changes */

struct job {
	uint32_t request;
	uint64_t region;		/* an ID; 0: all */
	uintptr_t at, end;
	int tries;			/* for the page at at */
};

static _Atomic uint32_t work;		/* counts; the thread waits for it */
static bool has_thread;			/* the keeper's alone */
static bool is_deaf;			/* the keeper's alone */

static struct ul_stat_fill *block(void)
{
	return &ul_stats_header()->fill;
}

static uint32_t read_word(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void write_word(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static void write_count(uint64_t *count, uint64_t value)
{
	__atomic_store_n(count, value, __ATOMIC_RELAXED);
}

/* --- the keeper --- */

static void finish(uint32_t request, int result)
{
	__atomic_store_n(&block()->result, result, __ATOMIC_RELAXED);
	write_word(&block()->answered, request);
	ul_futex_wake_shared(&block()->answered);
}

struct ul_futex_word ul_fill_listen(void)
{
	uint32_t bell = read_word(&block()->bell);
	struct ul_futex_word word = { (_Atomic uint32_t *)&block()->bell, bell,
				      .shared = true };
	uint32_t request = read_word(&block()->request);
	int error;

	if (!is_deaf)
		write_word(&block()->listening, 1);
	if (request == read_word(&block()->answered))
		return word;
	if (!has_thread) {
		error = ul_handler_add_filler();
		if (error) {
			finish(request, error);
			return word;
		}
		has_thread = true;
	}
	atomic_fetch_add(&work, 1);
	ul_futex_wake(&work, 1);
	return word;
}

void ul_fill_refuse(void)
{
	is_deaf = true;
	write_word(&block()->listening, 0);
}

void ul_fill_forget(void)
{
	has_thread = false;
	work = 0;
}

/* --- the thread --- */

static void measure(struct ul_region *region, void *context)
{
	size_t pages = (ul_region_fillable_end(region) - region->start) / ul_page_size;
	size_t filled = ul_bits_count(region->pages->filled,
				      region->first_page, pages);
	struct job *job = context;

	if ((region->flags & UL_REGION_DIRECT) ||
	    (job->region && region->id != job->region))
		return;
	if (region->start < job->at)
		job->at = region->start;
	if (region->end > job->end)
		job->end = region->end;
	block()->wanted_bytes += (pages - filled) * ul_page_size;
}

static void count_done(uint64_t bytes)
{
	write_count(&block()->done_bytes, block()->done_bytes + bytes);
}

static void count_failed(const struct ul_region *region, uintptr_t page,
			 const char *why)
{
	struct ul_stat_fill *fill = block();

	size_t length = strlen(why);

	if (length >= sizeof(fill->failure))
		length = sizeof(fill->failure) - 1;
	if (!fill->failed_bytes)
		memcpy(fill->failure, why, length);
	write_count(&fill->failed_bytes, fill->failed_bytes + ul_page_size);
	ul_log(UL_LOG_INFO, "fill: store %s, page at %x: %s",
	       ul_store_name(region->store), (uint64_t)page, why);
}

/* The next page of a region that is missing, in some pages from job->at on. */
static bool find_missing(const struct ul_region *region, struct job *job)
{
	uintptr_t end = ul_region_fillable_end(region);

	if (region->flags & UL_REGION_DIRECT)
		end = job->at;		/* the kernel fills it for everybody */
	for (size_t n = 0; n < LOOK_MAX && job->at < end; n++) {
		if (!ul_plan_is_filled(region, job->at))
			return true;
		job->at += ul_page_size;
	}
	if (job->at >= end)
		job->at = region->end;
	return false;
}

/* Fill the page at job->at, which is missing, and go on behind it. */
static int fill_one(struct ul_filler *filler, struct ul_region *region,
		    struct job *job)
{
	struct ul_store_error why = { "" };
	uint64_t id = region->id;
	uintptr_t end = job->at;
	int error = ul_fault_fill_missing(filler, region, job->at, &end, &why);

	switch (error) {
	case 0:
		count_done(end - job->at);
		job->at = end;
		break;
	case -EBUSY:			/* another brings it, be it slow */
		ul_handler_breathe();
		return 0;
	case -EAGAIN:
		if (++job->tries < TRIES) {
			ul_handler_breathe();
			return 0;
		}
		strcpy(why.text, "it changes all the time");
		/* fall through */
	case -EIO:
		if (!why.text[0])
			strcpy(why.text, "the kernel does not place it");
		region = ul_registry_find(job->at);
		if (region && region->id == id)
			count_failed(region, job->at, why.text);
		job->at += ul_page_size;
		break;
	default:
		return error;
	}
	job->tries = 0;
	return 0;
}

/* Under the baton. */
static int step(struct ul_filler *filler, struct job *job)
{
	struct ul_sighting seen;

	ul_readers_work(filler);
	if (!ul_registry_look(job->at, job->end, &seen)) {
		job->at = job->end;
		return 0;
	}
	if (seen.start > job->at)
		job->at = seen.start;
	return find_missing(seen.region, job) ?
		       fill_one(filler, seen.region, job) : 0;
}

static int fill(struct ul_filler *filler, struct job *job)
{
	struct ul_stat_fill *fill = block();
	int error = 0;

	ul_baton_take();
	ul_readers_work(filler);	/* the books are up to date */
	write_count(&fill->wanted_bytes, 0);
	write_count(&fill->done_bytes, 0);
	write_count(&fill->failed_bytes, 0);
	memset(fill->failure, 0, sizeof(fill->failure));
	job->at = UINTPTR_MAX;
	ul_registry_each(measure, job);
	if (job->region && !job->end)
		error = -ENOENT;
	while (!error && job->at < job->end) {
		ul_baton_give_way();
		if (read_word(&fill->cancel) == job->request)
			error = -ECANCELED;
		else
			error = step(filler, job);
		/* The lock is not fair: who waits for it gets it only while
		 * we do not want it. */
		if (ul_lock_is_wanted(&ul_baton))
			ul_handler_breathe();
	}
	ul_lock_drop(&ul_baton);
	return error;
}

void ul_fill_serve(struct ul_filler *filler)
{
	for (;;) {
		uint32_t seen = work;
		uint32_t request = read_word(&block()->request);
		struct job job = { .request = request };

		if (request == read_word(&block()->answered)) {
			ul_futex_wait(&work, seen);
			continue;
		}
		job.region = __atomic_load_n(&block()->region,
					     __ATOMIC_RELAXED);
		finish(request, fill(filler, &job));
	}
}
