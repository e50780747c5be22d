/* SPDX-License-Identifier: MIT */
/*
 * registry.c - what becomes of regions: made, cut, moved, grown, gone; see region.h
 *
 * Where they are is in the table (registry_table.h). A region that was cut shares
 * its pages with its other piece.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "preload/engine/handler.h"
#include "preload/engine/lost.h"
#include "preload/engine/registry_table.h"
#include "preload/engine/replay.h"
#include "preload/engine/room.h"
#include "preload/engine/stats.h"
#include "preload/engine/trace.h"

#define CHUNK UL_TABLE_LEAST		/* regions of the pool, reserved at once */
#define CHUNKS (UL_TABLE_MOST / CHUNK)

size_t ul_page_size;

static uint64_t last_id;		/* (b) */
static struct ul_region *spares;	/* (b) */
static struct ul_room pool[CHUNKS];	/* (b) */
static size_t pool_used;		/* (b) */

/* Have memory for so many regions, of those in use and of spares. */
static bool pool_commit(size_t count)
{
	const size_t size = sizeof(struct ul_region);

	for (size_t i = 0; i < CHUNKS && count; i++) {
		size_t here = count < CHUNK ? count : CHUNK;

		if (!pool[i].memory &&
		    ul_room_reserve(&pool[i], CHUNK * size) < 0)
			return false;
		if (!ul_room_commit(&pool[i], here * size))
			return false;
		count -= here;
	}
	return !count;
}

int ul_registry_init(void)
{
	int error = 0;

	ul_baton_take();
	if (!pool[0].memory)
		error = ul_room_reserve(&pool[0],
					CHUNK * sizeof(struct ul_region));
	if (!error)
		error = ul_table_init();
	ul_lock_drop(&ul_baton);
	return error;
}

static struct ul_region *pool_next(void)
{
	struct ul_region *chunk = pool[pool_used / CHUNK].memory;

	return &chunk[pool_used++ % CHUNK];
}

static struct ul_region *region_take(void)
{
	struct ul_region *region = spares;

	if (region)
		spares = region->spare;
	else if (!pool_commit(pool_used + 1))
		return NULL;
	else
		region = pool_next();
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

static uint64_t backed_bytes(const struct ul_region *region, uint64_t length)
{
	uint64_t total = ul_store_length(region->store);
	uint64_t rest = total > region->store_offset ?
				total - region->store_offset :
				0;

	return rest < length ? rest : length;
}

/* For one more region, and for a cut of each that there is, which takes two where
 * it is on both sides. */
static bool has_room(void)
{
	size_t used = ul_registry_count();
	size_t wanted = 2 * (used + 1);

	return used < ul_table_room() / 2 - 1 && pool_commit(wanted) &&
	       ul_table_commit(wanted);
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
	if (ul_table_insert(region) < 0) {
		forget(region);
		return NULL;
	}
	return region;
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
	struct ul_region *lower = ul_table_at(at);
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
	ul_table_change_begin();	/* nobody may find neither half */
	ul_table_rebound(at, lower->start, address);
	error = ul_table_insert(upper);
	ul_table_change_end();
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
	size_t at = ul_table_index(address);
	struct ul_region *region = ul_table_at(at);

	if (region && region->start < address && cut(at, address) < 0)
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
	struct ul_region *region;
	size_t at;

	cut_at(start);
	cut_at(end);
	at = ul_table_index(start);
	while ((region = ul_table_at(at)) && region->start < end) {
		lose_block(region);
		ul_table_erase(at);
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
		size_t at = ul_table_index(start);
		struct ul_region *region = ul_table_at(at);
		uint64_t length;
		int error;

		if (!region || region->start >= end)
			return;
		lose_block(region);
		length = region->end - region->start;
		ul_table_change_begin();
		ul_table_erase(at);
		region->start = to + (region->start - start);
		region->end = region->start + length;
		region->version++;
		error = ul_table_insert(region);
		ul_table_change_end();
		if (error) {
			forget(region);
			return;
		}
		ul_stats_region_bounds(region);
		if (!region->origin)
			ul_replay_moved(region->made, region->start);
	}
}

int ul_region_grow(struct ul_region *region, uintptr_t end)
{
	size_t at = ul_table_index(region->start);
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
	ul_table_rebound(at, region->start, end);
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
	ul_table_change_begin();
	region->flags |= UL_REGION_DIRECT;
	ul_table_change_end();
	ul_handler_release_store(region->store);
	region->store = ul_store_get(zero);
	region->store_offset = region->backed = 0;
	region->version++;
	region->stat = ul_stats_region_new(region, &spec);
}
