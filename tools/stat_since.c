/* SPDX-License-Identifier: MIT */
/*
 * stat_since.c - two looks: rates, and what has happened between them
 *
 * A difference has the shape of a snapshot, so that every view can show it.
 * What is said of now (what is resident, the regions there are) stays as it
 * is; what counts from the beginning becomes what was added since.
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A process that was replaced by another of its number counts from zero. */
static uint64_t less(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void subtract_counters(struct ul_stat_counters *now,
			      const struct ul_stat_counters *before)
{
	now->faults_read = less(now->faults_read, before->faults_read);
	now->faults_write = less(now->faults_write, before->faults_write);
	now->fills = less(now->fills, before->fills);
	now->filled_bytes = less(now->filled_bytes, before->filled_bytes);
	now->removed_bytes = less(now->removed_bytes, before->removed_bytes);
	now->zero_bytes = less(now->zero_bytes, before->zero_bytes);
	now->readahead_bytes =
		less(now->readahead_bytes, before->readahead_bytes);
	now->readahead_used_bytes =
		less(now->readahead_used_bytes, before->readahead_used_bytes);
	now->replayed_bytes = less(now->replayed_bytes, before->replayed_bytes);
	now->discarded_bytes =
		less(now->discarded_bytes, before->discarded_bytes);
	now->requested_bytes =
		less(now->requested_bytes, before->requested_bytes);
	now->poisoned_bytes = less(now->poisoned_bytes, before->poisoned_bytes);
	now->retries = less(now->retries, before->retries);
	now->stall_ns = less(now->stall_ns, before->stall_ns);
}

static void subtract_header(struct ul_stat_header *now,
			    const struct ul_stat_header *before)
{
	int b;

	subtract_counters(&now->totals, &before->totals);
	for (b = 0; b < UL_STAT_BUCKETS; b++)
		now->latency[b] = less(now->latency[b], before->latency[b]);
	now->regions_made = less(now->regions_made, before->regions_made);
	now->lazy_bytes = less(now->lazy_bytes, before->lazy_bytes);
	now->direct_bytes = less(now->direct_bytes, before->direct_bytes);
	now->plain_calls = less(now->plain_calls, before->plain_calls);
	now->failed_open = less(now->failed_open, before->failed_open);
	now->forks = less(now->forks, before->forks);
	now->events_remap = less(now->events_remap, before->events_remap);
	now->events_remove = less(now->events_remove, before->events_remove);
	now->events_unmap = less(now->events_unmap, before->events_unmap);
}

static int by_id(const void *left, const void *right)
{
	const struct ul_stat_region *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* Entries of rules, threads and call sites keep their places; regions come and go. */
static void subtract(struct ul_stat_snapshot *now,
		     struct ul_stat_snapshot *before)
{
	size_t i;

	subtract_header(&now->header, &before->header);
	for (i = 0; i < now->n_rules && i < before->n_rules; i++)
		subtract_counters(&now->rules[i].counters,
				  &before->rules[i].counters);
	for (i = 0; i < now->n_callsites && i < before->n_callsites; i++)
		subtract_counters(&now->callsites[i].counters,
				  &before->callsites[i].counters);
	for (i = 0; i < now->n_threads && i < before->n_threads; i++) {
		struct ul_stat_thread *thread = &now->threads[i];

		thread->faults = less(thread->faults,
				      before->threads[i].faults);
		thread->stall_ns = less(thread->stall_ns,
					before->threads[i].stall_ns);
	}
	if (!before->n_regions)
		return;
	/* Nothing of before is shown any more, so its order may go. */
	qsort(before->regions, before->n_regions, sizeof(*before->regions),
	      by_id);
	for (i = 0; i < now->n_regions; i++) {
		const struct ul_stat_region *old =
			bsearch(&now->regions[i], before->regions,
				before->n_regions, sizeof(*before->regions),
				by_id);

		if (old)
			subtract_counters(&now->regions[i].counters,
					  &old->counters);
	}
}

static void *copy(const void *entries, size_t n, size_t size)
{
	void *twin = calloc(n + 1, size);

	if (twin && n)
		memcpy(twin, entries, n * size);
	return twin;
}

static int copy_snapshot(struct ul_stat_snapshot *to,
			 const struct ul_stat_snapshot *from)
{
	*to = *from;
	to->regions = copy(from->regions, from->n_regions,
			   sizeof(*from->regions));
	to->heat = copy(from->heat, from->n_regions, sizeof(*from->heat));
	to->rules = copy(from->rules, from->n_rules, sizeof(*from->rules));
	to->threads = copy(from->threads, from->n_threads,
			   sizeof(*from->threads));
	to->callsites = copy(from->callsites, from->n_callsites,
			     sizeof(*from->callsites));
	if (to->regions && to->heat && to->rules && to->threads &&
	    to->callsites)
		return 0;
	ul_stat_release(to);
	return -ENOMEM;
}

static struct ul_stat_snapshot *same_process(const struct ul_stat_set *set,
					     const struct ul_stat_header *header)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		const struct ul_stat_header *other = &set->snapshots[i].header;

		if (other->pid == header->pid &&
		    other->start_ticks == header->start_ticks &&
		    other->start_ns == header->start_ns)
			return &set->snapshots[i];
	}
	return NULL;
}

static uint64_t faults(const struct ul_stat_header *header)
{
	return header->totals.faults_read + header->totals.faults_write;
}

int ul_stat_since(const struct ul_stat_set *set,
		  const struct ul_stat_set *before, bool difference,
		  struct ul_stat_set *view)
{
	size_t i;

	memset(view, 0, sizeof(*view));
	view->snapshots = calloc(set->n + 1, sizeof(*view->snapshots));
	if (!view->snapshots)
		return -ENOMEM;
	for (i = 0; i < set->n; i++) {
		struct ul_stat_snapshot *now = &view->snapshots[i];
		struct ul_stat_snapshot *old;

		if (copy_snapshot(now, &set->snapshots[i]) != 0) {
			ul_stat_set_release(view);
			return -ENOMEM;
		}
		view->n++;
		old = same_process(before, &now->header);
		now->interval_ns = ul_stat_age(now);
		now->interval_faults = faults(&now->header);
		if (!old)
			continue;
		now->interval_ns = less(now->taken_ns, old->taken_ns);
		now->interval_faults = less(now->interval_faults,
					    faults(&old->header));
		if (difference)
			subtract(now, old);
	}
	return 0;
}

void ul_stat_set_release(struct ul_stat_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		ul_stat_release(&set->snapshots[i]);
	free(set->snapshots);
	memset(set, 0, sizeof(*set));
}
