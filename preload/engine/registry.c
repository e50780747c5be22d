/* SPDX-License-Identifier: MIT */
/*
 * registry.c - all regions, sorted by address; see region.h
 *
 * An array in one reserved piece of memory: lookups by bisection, changes by
 * memmove. Programs have tens of regions, rarely thousands; the kernel's own
 * limit on mappings (vm.max_map_count, 65,530) bounds them.
 *
 * Writers hold the baton and make `sequence` odd while they move entries.
 * Readers without the baton (ul_registry_look) read the array as it is and
 * throw the answer away when the sequence was odd or has changed: entries are
 * plain words in memory that is never unmapped, so a torn read does no harm.
 */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "preload/engine/handler.h"
#include "preload/engine/lost.h"
#include "preload/engine/region.h"
#include "preload/engine/room.h"
#include "preload/engine/stats.h"
#include "preload/engine/touch.h"
#include "preload/engine/trace.h"

/*
 * Regions: twice vm.max_map_count's default. New ones may take half of it, for
 * a cut must not fail: nobody would know whose the upper part is, which the
 * kernel goes on to ask us for. Whoever cuts has split a mapping first, and
 * those are limited.
 */
#define ROOM ((size_t)1 << 17)
#define ROOM_TO_ADD (ROOM / 2 - 1)	/* a cut on both sides takes two */

struct entry {
	uintptr_t start, end;
	struct ul_region *region;
};

size_t ul_page_size;

static struct entry *entries;		/* constant once made */
static _Atomic size_t used;
static _Atomic uint64_t sequence;
static unsigned int changes;		/* (b) that are going on */
static uint64_t last_id;		/* (b) */
static struct ul_region *spares;	/* (b) */
static struct ul_region *pool;		/* (b) */
static size_t pool_used;		/* (b) */
static struct ul_room pool_room, entries_room;	/* (b) */

int ul_registry_init(void)
{
	int error = 0;

	ul_baton_take();
	if (!pool) {
		error = ul_room_reserve(&pool_room, ROOM * sizeof(*pool));
		pool = pool_room.memory;
	}
	if (!error && !entries) {
		error = ul_room_reserve(&entries_room, ROOM * sizeof(*entries));
		entries = entries_room.memory;
	}
	ul_lock_drop(&ul_baton);
	return error;
}

/* What begins in a change is a part of it. */
static void change_begin(void)
{
	if (changes++ == 0)
		atomic_fetch_add(&sequence, 1);
}

static void change_end(void)
{
	if (--changes == 0)
		atomic_fetch_add(&sequence, 1);
}

/* The index of the first entry that ends after address. */
static size_t find_index(uintptr_t address, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static struct ul_region *region_take(void)
{
	struct ul_region *region = spares;

	if (region)
		spares = region->spare;
	else if (pool_used < ROOM &&
		 ul_room_commit(&pool_room, (pool_used + 1) * sizeof(*pool)))
		region = &pool[pool_used++];
	else
		return NULL;
	memset(region, 0, sizeof(*region));
	return region;
}

static void region_give(struct ul_region *region)
{
	region->id = 0;
	atomic_store(&region->block_size, 0);
	region->spare = spares;
	spares = region;
}

static int insert(struct ul_region *region)
{
	size_t n = used;
	size_t at = find_index(region->start, n);

	if (n == ROOM ||
	    !ul_room_commit(&entries_room, (n + 1) * sizeof(*entries)))
		return -ENOMEM;
	change_begin();
	memmove(&entries[at + 1], &entries[at], (n - at) * sizeof(*entries));
	entries[at].start = region->start;
	entries[at].end = region->end;
	entries[at].region = region;
	used = n + 1;
	change_end();
	return 0;
}

static void erase(size_t at)
{
	size_t n = used;

	change_begin();
	memmove(&entries[at], &entries[at + 1],
		(n - at - 1) * sizeof(*entries));
	used = n - 1;
	change_end();
}

/* Publish a region's new bounds; its place in the order does not change. */
static void rebound(size_t at, uintptr_t start, uintptr_t end)
{
	struct ul_region *region = entries[at].region;

	change_begin();
	entries[at].start = region->start = start;
	entries[at].end = region->end = end;
	change_end();
	region->version++;
	ul_stats_region_bounds(region);
}

static uint64_t backed_bytes(const struct ul_region *region, uint64_t length)
{
	uint64_t total = ul_store_length(region->store);
	uint64_t rest = total > region->store_offset ?
				total - region->store_offset :
				0;

	return rest < length ? rest : length;
}

/* For one more region, and for a cut of each that there is. */
static bool has_room(void)
{
	size_t wanted = 2 * (used + 1);

	return used < ROOM_TO_ADD &&
	       ul_room_commit(&pool_room, wanted * sizeof(*pool)) &&
	       ul_room_commit(&entries_room, wanted * sizeof(*entries));
}

static void forget(struct ul_region *region)
{
	ul_stats_region_gone(region);
	ul_trace_note_gone(region);
	ul_pageset_put(region->pages);
	ul_handler_release_store(region->store);
	region_give(region);
}

struct ul_region *ul_registry_add(uintptr_t start, size_t length,
				  const struct ul_region_spec *spec)
{
	struct ul_region *region;

	ul_registry_remove(start, start + length);
	if (spec->flags & UL_REGION_BLOCK)
		ul_lost_forget(start, start + length);
	if (!has_room())
		return NULL;
	region = region_take();
	if (!region)
		return NULL;
	region->pages = ul_pageset_new(length / ul_page_size);
	if (!region->pages) {
		region_give(region);
		return NULL;
	}
	region->start = start;
	region->end = start + length;
	region->store = ul_store_get(spec->store);
	region->store_offset = spec->store_offset;
	region->backed = backed_bytes(region, spec->flags & UL_REGION_BLOCK ?
						      spec->size :
						      length);
	region->call = spec->call;
	region->flags = spec->flags;
	region->prot = spec->prot;
	if (ul_store_is_zero(spec->store))
		region->flags |= UL_REGION_ZEROS;
	region->granule = spec->granule;
	region->readahead = spec->readahead;
	region->readahead_size = spec->readahead_size;
	region->timeout_ns = spec->timeout_ns;
	region->rule = spec->rule;
	region->callsite = spec->callsite;
	region->id = region->made = ++last_id;
	region->stat = ul_stats_region_new(region, spec);
	if (spec->flags & UL_REGION_BLOCK)
		atomic_store(&region->block_size, spec->size);
	if (insert(region) < 0) {
		forget(region);
		return NULL;
	}
	return region;
}

struct ul_region *ul_registry_next(uintptr_t address)
{
	size_t at = find_index(address, used);

	return at < used ? entries[at].region : NULL;
}

struct ul_region *ul_registry_find(uintptr_t address)
{
	struct ul_region *region = ul_registry_next(address);

	return region && region->start <= address ? region : NULL;
}

struct ul_region *ul_registry_before(uintptr_t address)
{
	size_t at = find_index(address, used);

	while (at > 0 && (entries[at - 1].region->flags & UL_REGION_DIRECT))
		at--;
	return at > 0 ? entries[at - 1].region : NULL;
}

/* The region's start moves up: what belonged to its first bytes is gone. */
static void drop_head(struct ul_region *region, uintptr_t start)
{
	uint64_t bytes = start - region->start;

	region->store_offset += bytes;
	region->backed = region->backed > bytes ? region->backed - bytes : 0;
	region->first_page += bytes / ul_page_size;
	region->origin += bytes;
}

/*
 * Cut the entry at `at` in two at address, which lies inside it. The upper
 * half is a region of its own that shares the pages. Returns 0 or -ENOMEM.
 */
static int cut(size_t at, uintptr_t address)
{
	struct ul_region *lower = entries[at].region;
	struct ul_region *upper = region_take();
	uintptr_t end = lower->end;
	uint64_t keep = address - lower->start;
	int error;

	if (!upper)
		return -ENOMEM;
	*upper = *lower;
	upper->id = ++last_id;
	atomic_store(&upper->block_size, 0);
	drop_head(upper, address);
	upper->start = address;
	ul_pageset_get(upper->pages);
	ul_store_get(upper->store);
	if (lower->backed > keep)
		lower->backed = keep;
	upper->end = end;
	change_begin();			/* nobody may find neither half */
	rebound(at, lower->start, address);
	error = insert(upper);
	change_end();
	upper->stat = ul_stats_region_split(upper, lower);
	ul_stats_region_bounds(upper);	/* what of it is resident */
	ul_trace_note_cut(upper);
	if (error)
		forget(upper);
	return error;
}

/* Cut so that no region crosses address. */
static void cut_at(uintptr_t address)
{
	size_t at = find_index(address, used);

	if (at < used && entries[at].start < address && cut(at, address) < 0)
		ul_handler_end("there is no room for a piece of a mapping");
}

/* Neither free nor realloc is what takes it away: they have made it none. */
static void lose_block(struct ul_region *region)
{
	uint64_t size = atomic_exchange(&region->block_size, 0);

	if (size)
		ul_lost_note(region->start, size);
}

void ul_registry_remove(uintptr_t start, uintptr_t end)
{
	size_t at;

	cut_at(start);
	cut_at(end);
	for (at = find_index(start, used);
	     at < used && entries[at].start < end;) {
		struct ul_region *region = entries[at].region;

		lose_block(region);
		erase(at);
		forget(region);
	}
}

void ul_registry_move(uintptr_t start, uintptr_t end, uintptr_t to)
{
	/* The pieces leave one by one and enter at their new place; when the
	 * ranges overlap (they cannot, mremap(2) refuses) none would be lost. */
	ul_registry_remove(to, to + (end - start));
	cut_at(start);
	cut_at(end);
	for (;;) {
		size_t at = find_index(start, used);
		struct ul_region *region;
		uint64_t length;
		int error;

		if (at >= used || entries[at].start >= end)
			return;
		region = entries[at].region;
		lose_block(region);
		length = region->end - region->start;
		change_begin();
		erase(at);
		region->start = to + (region->start - start);
		region->end = region->start + length;
		region->version++;
		error = insert(region);
		change_end();
		if (error) {
			forget(region);
			return;
		}
		ul_stats_region_bounds(region);
	}
}

int ul_region_grow(struct ul_region *region, uintptr_t end)
{
	size_t at = find_index(region->start, used);
	size_t old_pages = (region->end - region->start) / ul_page_size;
	size_t pages = (end - region->start) / ul_page_size;

	if (region->pages->users > 1 ||
	    region->first_page + pages > region->pages->pages) {
		struct ul_pageset *copy =
			ul_pageset_copy(region->pages, region->first_page,
					old_pages, pages + pages / 2);

		if (!copy)
			return -ENOMEM;
		ul_pageset_put(region->pages);
		region->pages = copy;
		region->first_page = 0;
	}
	/* Bits beyond a cut may be those of a piece that is gone. */
	ul_bits_set(region->pages->filled, region->first_page + old_pages,
		    pages - old_pages, false);
	ul_bits_set(region->pages->zeros, region->first_page + old_pages,
		    pages - old_pages, false);
	ul_bits_set(region->pages->wiped, region->first_page + old_pages,
		    pages - old_pages, false);
	ul_bits_set(region->pages->closed, region->first_page + old_pages,
		    pages - old_pages, false);
	ul_bits_set(region->pages->guards, region->first_page + old_pages,
		    pages - old_pages, false);
	if (region->flags & UL_REGION_REFILLS)
		region->backed = backed_bytes(region, end - region->start);
	ul_registry_remove(region->end, end);
	rebound(at, region->start, end);
	return 0;
}

void ul_registry_retire(struct ul_region *region, struct ul_store *zero)
{
	const struct ul_region_spec spec = {
		.size = atomic_load(&region->block_size),
		.prot = region->prot,
	};

	ul_stats_region_gone(region);
	ul_trace_note_gone(region);
	change_begin();
	region->flags |= UL_REGION_DIRECT;
	change_end();
	ul_handler_release_store(region->store);
	region->store = ul_store_get(zero);
	region->store_offset = region->backed = 0;
	region->version++;
	region->stat = ul_stats_region_new(region, &spec);
}

void ul_registry_each(void (*call)(struct ul_region *region, void *context),
		      void *context)
{
	for (size_t i = 0; i < used; i++)
		call(entries[i].region, context);
}

size_t ul_registry_count(void)
{
	return used;
}

/* A confined program must not even yield: its filter may kill it for that. */
static void breathe(void)
{
	if (!ul_touch_is_confined())
		sched_yield();
}

bool ul_registry_look(uintptr_t start, uintptr_t end,
		      struct ul_sighting *sighting)
{
	struct entry found = { 0, 0, NULL };
	uintptr_t fillable_end = 0;
	uint64_t before;
	size_t at, n;
	bool hit;

	if (!entries)
		return false;
	for (;; breathe()) {
		before = atomic_load(&sequence);
		if (before & 1)
			continue;
		n = used;
		at = find_index(start, n);
		hit = at < n;
		if (hit) {
			found = entries[at];
			hit = found.start < end;
			fillable_end = ul_region_fillable_end(found.region);
		}
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load(&sequence) == before)
			break;
	}
	if (!hit)
		return false;
	sighting->start = found.start;
	sighting->end = found.end;
	sighting->fillable_end = fillable_end;
	sighting->region = found.region;
	sighting->flags = found.region->flags;
	return true;
}
