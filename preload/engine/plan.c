/* SPDX-License-Identifier: MIT */
/* plan.c - see plan.h. */
#include "config.h"

#include "preload/engine/fault.h"
#include "preload/engine/plan.h"
#include "preload/engine/readahead.h"

size_t ul_plan_bit(const struct ul_region *region, uintptr_t page)
{
	return region->first_page + (page - region->start) / ul_page_size;
}

bool ul_plan_is_filled(const struct ul_region *region, uintptr_t page)
{
	return ul_bits_get(region->pages->filled, ul_plan_bit(region, page));
}

enum ul_plan_kind ul_plan_kind_of(const struct ul_region *region,
				  uintptr_t page)
{
	uint64_t offset = page - region->start;

	if (ul_bits_get(region->pages->zeros, ul_plan_bit(region, page)))
		return UL_FROM_ZEROS;
	/* It was there, and it went without a word: guard pages, or wiped on
	 * fork. For anonymous memory that means zeros. */
	if (ul_plan_is_filled(region, page) &&
	    !(region->flags & UL_REGION_REFILLS))
		return UL_FROM_ZEROS;
	if (offset >= region->backed)
		return region->flags & UL_REGION_ENDS ? UL_NOTHING
						      : UL_FROM_ZEROS;
	if (ul_store_is_zero(region->store))
		return UL_FROM_ZEROS;
	return region->backed - offset < ul_page_size ? UL_LAST_PAGE
						      : UL_FROM_STORE;
}

/* Narrow [low, high) to the run of pages around page that are missing, as far
 * as we know, and of one kind. */
static void narrow(const struct ul_region *region, uintptr_t low,
		   uintptr_t high, struct ul_plan *plan)
{
	uintptr_t at;

	for (at = plan->page; at > low; at -= ul_page_size)
		if (ul_plan_is_filled(region, at - ul_page_size) ||
		    ul_plan_kind_of(region, at - ul_page_size) != plan->kind)
			break;
	plan->start = at;
	for (at = plan->page + ul_page_size; at < high; at += ul_page_size)
		if (ul_plan_is_filled(region, at) ||
		    ul_plan_kind_of(region, at) != plan->kind)
			break;
	plan->end = at;
}

/* Where the last of the frames from start on ends that make up so much. */
static uint64_t with_next_frames(const struct ul_region *region, uint64_t start,
				 uint64_t end, uint64_t unit)
{
	uint64_t limit = region->store_offset + region->backed;
	uint64_t unused, later;

	if (end - start >= unit || end >= limit)
		return end;
	limit = limit - start < unit ? limit : start + unit;
	ul_store_extent(region->store, limit - 1, 1, &unused, &later);
	return later > end && later - start <= UL_LOAD_MAX ? later : end;
}

/* The pages that the store produces together with the faulting one. */
static void store_range(const struct ul_region *region, uintptr_t page,
			uint64_t unit, uintptr_t *low, uintptr_t *high)
{
	uint64_t preferred = region->granule ? region->granule :
			     unit	     ? unit :
					       UL_GRANULE;
	uint64_t at = page - region->start;
	uint64_t mask = ul_page_size - 1;
	uint64_t start, end;

	ul_store_extent(region->store, region->store_offset + at, preferred,
			&start, &end);
	end = with_next_frames(region, start, end, unit);
	start = start > region->store_offset ? start - region->store_offset : 0;
	end -= region->store_offset;
	start = (start + mask) & ~mask; /* a page half in it is another's */
	end = (end < region->backed ? end : region->backed) & ~mask;
	if (start > at)
		start = at;
	if (end <= at)
		end = at + ul_page_size;
	if (at - start >= UL_LOAD_MAX)
		start = at;
	if (end - start > UL_LOAD_MAX)
		end = start + UL_LOAD_MAX;
	*low = region->start + start;
	*high = region->start + end;
}

void ul_plan_make(struct ul_region *region, uintptr_t page, bool write,
		  bool alone, struct ul_plan *plan)
{
	uintptr_t low = page, high = page + ul_page_size;

	plan->region_id = region->id;
	plan->version = region->version;
	plan->page = page;
	plan->write = write;
	plan->kind = ul_plan_kind_of(region, page);
	if (!alone && plan->kind == UL_FROM_STORE)
		store_range(region, page, plan->unit, &low, &high);
	else if (!alone && plan->kind == UL_FROM_ZEROS)
		high = page + (plan->demand ?
				       ul_readahead_zero_window(region, page) :
				       UL_ZERO_WINDOW_MAX);
	if (high > region->end)
		high = region->end;
	narrow(region, low, high, plan);
}

uintptr_t ul_plan_first_piece(const struct ul_region *region,
			      const struct ul_plan *plan)
{
	uint64_t at = region->store_offset + (plan->page - region->start);
	uint64_t start, end;

	if (!plan->demand || plan->end - plan->start <= UL_GRANULE)
		return plan->start;
	ul_store_extent(region->store, at, UL_GRANULE, &start, &end);
	at = (at - start) & ~(uint64_t)(ul_page_size - 1);
	return plan->page - plan->start > at ? plan->page - at : plan->start;
}

uintptr_t ul_plan_piece_end(const struct ul_region *region,
			    const struct ul_plan *plan, uintptr_t at)
{
	uint64_t from = region->store_offset + (at - region->start);
	uint64_t left = plan->end - at;
	uint64_t start, end;

	if (plan->kind != UL_FROM_STORE || left <= UL_GRANULE)
		return plan->end;
	ul_store_extent(region->store, from + UL_GRANULE - 1, UL_GRANULE,
			&start, &end);
	end = (end - from) & ~(uint64_t)(ul_page_size - 1);
	return end && end < left ? at + end : plan->end;
}

void ul_plan_extend(const struct ul_region *region, uintptr_t limit,
		    struct ul_plan *plan)
{
	if (limit > region->end)
		limit = region->end;
	if (limit > plan->page + UL_ZERO_WINDOW_MAX)
		limit = plan->page + UL_ZERO_WINDOW_MAX;
	if (limit > plan->end)
		narrow(region, plan->page, limit, plan);
}

/* The planned region, if nothing has happened to it since. */
struct ul_region *ul_plan_holds(const struct ul_plan *plan)
{
	struct ul_region *region = ul_registry_find(plan->page);

	return region && region->id == plan->region_id &&
			       region->version == plan->version &&
			       !ul_event_is_held(plan->start, plan->end)
		       ? region
		       : NULL;
}
