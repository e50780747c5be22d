/* SPDX-License-Identifier: MIT */
/*
 * registry_pages.c - what the books say of the pages in a range: filled, zeros,
 * wiped in a fork's child, closed, guards; see region.h
 */
#include "config.h"

#include <sys/mman.h>

#include "preload/engine/region.h"
#include "preload/engine/stats.h"

bool ul_page_is_present(uintptr_t page)
{
	unsigned char present = 0;

	return mincore((void *)page, ul_page_size, &present) == 0 &&
	       (present & 1);
}

/* The part of the range that lies in a region, as bits of its pages. */
struct span {
	struct ul_region *region;
	size_t first, count;
};

static bool next_span(uintptr_t *start, uintptr_t end, struct span *span)
{
	struct ul_region *region = ul_registry_next(*start);
	uintptr_t low, high;

	if (*start >= end || !region || region->start >= end)
		return false;
	low = *start > region->start ? *start : region->start;
	high = end < region->end ? end : region->end;
	span->region = region;
	span->first = region->first_page + (low - region->start) / ul_page_size;
	span->count = (high - low + ul_page_size - 1) / ul_page_size;
	*start = high;
	return true;
}

/* What has no bytes in the store is zeros anyway. */
static void mark_zeros(const struct span *span)
{
	struct ul_region *region = span->region;
	size_t at = span->first - region->first_page;
	size_t backed = (region->backed + ul_page_size - 1) / ul_page_size;
	size_t count = span->count;

	if (ul_store_is_zero(region->store) || at >= backed)
		return;
	if (count > backed - at)
		count = backed - at;
	ul_bits_set(region->pages->zeros, span->first, count, true);
}

/* Returns how many were filled. */
static size_t discard_pages(const struct span *span)
{
	struct ul_region *region = span->region;
	size_t gone;

	ul_stats_heat_change(region, span->first, span->count, false);
	gone = ul_bits_set(region->pages->filled, span->first, span->count,
			   false);
	ul_stats_removed(region, gone * ul_page_size);
	if (!(region->flags & UL_REGION_REFILLS))
		mark_zeros(span);
	return gone;
}

/* Guard pages stay what they are, and so in the books. */
void ul_registry_discard(uintptr_t start, uintptr_t end)
{
	struct span span;

	while (next_span(&start, end, &span)) {
		const struct ul_bits *guards = span.region->pages->guards;
		size_t limit = span.first + span.count;
		size_t gone = 0, guard;

		for (; span.first < limit; span.first = guard + 1) {
			guard = ul_bits_find(guards, span.first,
					     limit - span.first);
			span.count = guard - span.first;
			gone += discard_pages(&span);
		}
		ul_stats_add(span.region, UL_COUNTER(discarded_bytes),
			     gone * ul_page_size);
		span.region->version++;
	}
}

void ul_registry_occupy(uintptr_t start, uintptr_t end)
{
	struct span span;

	while (next_span(&start, end, &span)) {
		size_t fresh;

		ul_stats_heat_change(span.region, span.first, span.count, true);
		fresh = ul_bits_set(span.region->pages->filled, span.first,
				    span.count, true);
		ul_stats_add(span.region, UL_COUNTER(resident_bytes),
			     fresh * ul_page_size);
	}
}

void ul_registry_note_wipe(uintptr_t start, uintptr_t end, bool wiped)
{
	struct span span;

	while (next_span(&start, end, &span))
		ul_bits_set(span.region->pages->wiped, span.first, span.count,
			    wiped);
}

void ul_registry_note_closed(uintptr_t start, uintptr_t end, bool closed)
{
	struct span span;

	while (next_span(&start, end, &span))
		ul_bits_set(span.region->pages->closed, span.first, span.count,
			    closed);
}

/* What was a guard page is missing. */
static void note_no_guards(const struct span *span)
{
	struct ul_bits *guards = span->region->pages->guards;
	size_t at = span->first, limit = at + span->count;

	for (;; at++) {
		at = ul_bits_find(guards, at, limit - at);
		if (at == limit)
			return;
		ul_bits_set(guards, at, 1, false);
		discard_pages(&(struct span){ span->region, at, 1 });
	}
}

void ul_registry_note_guards(uintptr_t start, uintptr_t end, bool guards)
{
	struct span span;

	while (next_span(&start, end, &span))
		if (guards)
			ul_bits_set(span.region->pages->guards, span.first,
				    span.count, true);
		else
			note_no_guards(&span);
}

static void wipe_page(struct ul_region *region, size_t bit)
{
	const struct span span = { region, bit, 1 };

	if (!ul_bits_get(region->pages->wiped, bit))
		return;
	mark_zeros(&span);
	ul_bits_set(region->pages->guards, bit, 1, false);
}

void ul_registry_wipe(void)
{
	uintptr_t start = 0;
	struct span span;

	while (next_span(&start, UINTPTR_MAX, &span)) {
		if (!ul_bits_count(span.region->pages->wiped, span.first,
				   span.count))
			continue;
		for (size_t i = 0; i < span.count; i++)
			wipe_page(span.region, span.first + i);
		span.region->version++;
	}
}
