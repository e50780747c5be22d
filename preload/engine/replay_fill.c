/* SPDX-License-Identifier: MIT */
/*
 * replay_fill.c - filling what a record tells; see replay.h
 *
 * Of all jobs the one whose next fill comes first in the record goes on, for a
 * batch: inside a batch fills go by ascending offsets, as a disk likes them,
 * and batches follow the record, as the program will. The first ones are small,
 * for the program is about to begin with them.
 *
 * Two threads fill faster than one computes, or they do not. If they do not,
 * the program catches up with them again and again, and each time it would wait
 * for one fill and take the next fault at once. So a thread that has to wait
 * for what is in the batch waits until all of the batch is there, while both
 * CPUs fill it, and then goes through it without a fault.
 *
 * Before each fill the region is looked up anew: it may be cut or gone by then. If
 * it was moved, its first piece tells where to; another piece that lies apart from
 * it is not filled.
 */
#include "config.h"

#include <string.h>

#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/replay.h"
#include "preload/engine/stats.h"

#define JOBS 1024
#define MOVED 64
#define BATCH_FIRST 4u			/* fills */
#define BATCH 64u
#define COMPANY_NS ((uint64_t)4000000)

/* A recorded fill, as it lies in this run. */
struct piece {
	uint64_t made;			/* ul_region's */
	uintptr_t start;		/* of what was made */
	uint64_t offset;
	uint32_t length;
	bool zeros;
};

static struct ul_replay_job jobs[JOBS];	/* (b) */
static unsigned int n_jobs;		/* (b) */
static struct piece batch[BATCH];	/* (b) */
static unsigned int batch_next, batch_end;	/* (b) */
static unsigned int batch_size;		/* (b) of the next */
static unsigned int batch_number;	/* (b) */
static struct { uint64_t made; uintptr_t start; } moved[MOVED];	/* (b) lately */
static unsigned int n_moved;		/* (b) */

void ul_replay_add(const struct ul_replay_job *job)
{
	if (!job->recorded->count)
		return;
	if (n_jobs == JOBS)
		return;
	jobs[n_jobs++] = *job;
	batch_size = BATCH_FIRST;
	ul_worker_want();
	ul_worker_wake();
}

void ul_replay_fills_moved(uint64_t made, uintptr_t start)
{
	moved[n_moved % MOVED].made = made;
	moved[n_moved++ % MOVED].start = start;
	for (unsigned int i = 0; i < n_jobs; i++)
		if (jobs[i].made == made)
			jobs[i].start = start;
	for (unsigned int i = 0; i < batch_end; i++)
		if (batch[i].made == made)
			batch[i].start = start;
}

void ul_replay_drop_all(void)
{
	n_jobs = n_moved = 0;
	batch_next = batch_end = 0;
}

/* --- batches --- */

static const struct ul_replay_fill *next_of(const struct ul_replay_job *job)
{
	return &job->fills[job->next];
}

/* Whose fill comes first; jobs that are done are dropped. */
static struct ul_replay_job *choose_job(void)
{
	struct ul_replay_job *best = NULL;

	for (unsigned int i = 0; i < n_jobs;) {
		if (jobs[i].next == jobs[i].recorded->count) {
			jobs[i] = jobs[--n_jobs];
			continue;
		}
		if (!best || next_of(&jobs[i])->order < next_of(best)->order)
			best = &jobs[i];
		i++;
	}
	return best;
}

/* The region at an offset of what was made then, if it still lies there. */
static struct ul_region *still_there(const struct piece *piece, uint64_t offset)
{
	uintptr_t at = piece->start + offset;
	struct ul_region *region = ul_registry_find(at);

	return region && region->made == piece->made &&
			       region->origin + (at - region->start) == offset
		       ? region
		       : NULL;
}

/* The next fills of a job, by offset. */
static void collect(struct ul_replay_job *job)
{
	batch_next = batch_end = 0;
	while (batch_end < batch_size && job->next < job->recorded->count) {
		const struct ul_replay_fill *one = next_of(job);
		unsigned int at;

		job->next++;
		if (one->offset + one->length > job->length) {
			ul_replay_say_shorter(job->recorded->rule);
			continue;
		}
		for (at = batch_end; at && batch[at - 1].offset > one->offset;
		     at--)
			batch[at] = batch[at - 1];
		batch[at] = (struct piece){
			.made = job->made,
			.start = job->start,
			.offset = one->offset,
			.length = one->length,
			.zeros = one->zeros,
		};
		batch_end++;
	}
	batch_size = batch_size * 2 < BATCH ? batch_size * 2 : BATCH;
	batch_number++;
}

/* Have the disk begin with all of a batch. The store stays, for this thread is
 * seen to work with it. */
static void announce(struct ul_filler *filler)
{
	struct ul_region *region = still_there(&batch[0], batch[0].offset);
	struct piece announced[BATCH];
	unsigned int n = batch_end;
	uint64_t from;

	if (!region || ul_store_is_zero(region->store))
		return;
	memcpy(announced, batch, n * sizeof(batch[0]));
	filler->busy_store = region->store;
	from = region->store_offset - region->origin;
	ul_lock_drop(&ul_baton);
	for (unsigned int i = 0; i < n; i++)
		ul_store_willneed(filler->busy_store,
				  from + announced[i].offset,
				  announced[i].length);
	ul_baton_borrow();
	filler->busy_store = NULL;
}

/* --- filling --- */

/* It was moved since it was looked at. */
static bool follow(struct piece *piece)
{
	uintptr_t start = piece->start;

	for (unsigned int i = n_moved < MOVED ? 0 : n_moved - MOVED; i < n_moved;
	     i++)
		if (moved[i % MOVED].made == piece->made)
			start = moved[i % MOVED].start;
	if (start == piece->start)
		return false;
	piece->start = start;
	return true;
}

/* From an offset on, which moves on. False: it cannot be done there. */
static bool fill_next(struct ul_filler *filler, const struct piece *piece,
		      uint64_t *offset)
{
	struct ul_region *region = still_there(piece, *offset);
	uintptr_t at = piece->start + *offset;
	uintptr_t end = piece->start + piece->offset + piece->length, done;

	if (!region)
		return false;
	if (ul_plan_is_filled(region, at)) {
		*offset += ul_page_size;
		return true;
	}
	if (!ul_fault_fill_recorded(filler, region, at, end, piece->zeros, &done))
		return false;
	*offset = done - piece->start;
	return true;
}

static void fill(struct ul_filler *filler, struct piece *piece)
{
	uint64_t offset = piece->offset, end = offset + piece->length;

	while (offset < end &&
	       (fill_next(filler, piece, &offset) || follow(piece)))
		continue;
}

bool ul_replay_work(struct ul_filler *filler)
{
	struct piece piece;

	while (batch_next == batch_end) {
		struct ul_replay_job *job = choose_job();

		if (!job)
			return false;
		collect(job);
		if (batch_end)
			announce(filler);
	}
	piece = batch[batch_next++];
	fill(filler, &piece);
	return true;
}

bool ul_replay_is_near(const struct ul_region *region, uintptr_t page)
{
	uint64_t offset = region->origin + (page - region->start);

	for (unsigned int i = 0; i < batch_end; i++)
		if (batch[i].made == region->made &&
		    offset - batch[i].offset < batch[i].length)
			return true;
	return false;
}

void ul_replay_keep_company(struct ul_filler *filler)
{
	uint64_t until = ul_now_ns() + COMPANY_NS;
	unsigned int mine = batch_number;

	while (batch_number == mine && batch_next < batch_end &&
	       !ul_baton_is_lent() &&
	       !ul_handler_is_wanted() && ul_now_ns() < until)
		ul_replay_work(filler);
}
