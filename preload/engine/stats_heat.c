/* SPDX-License-Identifier: MIT */
/*
 * stats_heat.c - which parts of a region are resident
 *
 * Each region is 64 cells, whatever its size, and each cell counts its resident
 * pages: so a picture of a region costs no look into the process. The counts
 * follow the bits of the page set, from which they can be made anew when a
 * region is cut or moves. Under the baton, as the bits.
 */
#include "config.h"

#include "preload/engine/region.h"
#include "preload/engine/stats.h"

/* NULL: the table of regions was full. */
static struct ul_stat_heat *heat_of(const struct ul_region *region)
{
	struct ul_stat_header *header = ul_stats_header();
	struct ul_stat_heat *heat =
		(void *)((char *)header + header->heat.offset);
	uintptr_t first = (uintptr_t)header + header->regions.offset;
	uintptr_t at = (uintptr_t)region->stat - first;

	if ((uintptr_t)region->stat < first ||
	    at / sizeof(*region->stat) >= header->heat.room)
		return NULL;
	return &heat[at / sizeof(*region->stat)];
}

static uint64_t pages_of(const struct ul_region *region)
{
	return (region->end - region->start) / ul_page_size;
}

/* The first page of a cell, of pages in all. */
static uint64_t cell_start(uint64_t cell, uint64_t pages)
{
	return (cell * pages + UL_STAT_CELLS - 1) / UL_STAT_CELLS;
}

void ul_stats_heat_change(const struct ul_region *region, size_t first,
			  size_t count, bool filled)
{
	struct ul_stat_heat *heat = heat_of(region);
	uint64_t pages = pages_of(region);
	uint64_t at = first - region->first_page;
	uint64_t end = at + count;

	if (!heat)
		return;
	while (at < end && at < pages) {
		uint64_t cell = at * UL_STAT_CELLS / pages;
		uint64_t stop = cell_start(cell + 1, pages);
		size_t n = (stop < end ? stop : end) - at;
		size_t set = ul_bits_count(region->pages->filled,
					   region->first_page + at, n);

		if (filled)
			__atomic_fetch_add(&heat->pages[cell],
					   (uint32_t)(n - set),
					   __ATOMIC_RELAXED);
		else
			__atomic_fetch_sub(&heat->pages[cell], (uint32_t)set,
					   __ATOMIC_RELAXED);
		at += n;
	}
}

uint64_t ul_stats_heat_recount(const struct ul_region *region)
{
	struct ul_stat_heat *heat = heat_of(region);
	uint64_t pages = pages_of(region);
	uint64_t resident = 0;

	for (uint64_t cell = 0; cell < UL_STAT_CELLS; cell++) {
		uint64_t from = cell_start(cell, pages);
		uint64_t to = cell_start(cell + 1, pages);
		size_t set = ul_bits_count(region->pages->filled,
					   region->first_page + from,
					   to - from);

		if (heat)
			__atomic_store_n(&heat->pages[cell], (uint32_t)set,
					 __ATOMIC_RELAXED);
		resident += set;
	}
	return resident * ul_page_size;
}
