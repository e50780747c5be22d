/* SPDX-License-Identifier: MIT */
/* trace.c - see trace.h: what is noted while the process runs. */
#include "config.h"

#include <string.h>

#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/replay.h"
#include "preload/engine/stats.h"
#include "preload/engine/trace.h"
#include "preload/engine/trace_check.h"

struct ul_trace_log ul_trace_log;

/* No room: in the bounds of the format, on the disk, or not yet. */
static void say_full(struct ul_trace_header *header)
{
	if (header->flags & UL_TRACE_FULL)
		return;
	header->flags |= UL_TRACE_FULL;
	ul_log(UL_LOG_WARNING,
	       "record: full after %l regions and %l fills; the rest of the "
	       "run is not in it",
	       header->regions.used, header->fills.used);
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	/* A text's end is what tells paths apart. */
	if (length >= size)
		from += length - (size - 1);
	strncpy(to, from, size - 1);
}

static void describe(struct ul_trace_region *entry,
		     const struct ul_region *region,
		     const struct ul_region_spec *spec)
{
	memset(entry, 0, sizeof(*entry));
	entry->address = region->start;
	entry->length = region->end - region->start;
	entry->store_offset = region->store_offset;
	entry->store_length = ul_store_length(region->store);
	entry->call = region->call;
	entry->prot = (uint32_t)spec->prot;
	entry->flags = ul_store_is_zero(region->store) ? UL_TRACE_ZERO_STORE :
							 0;
	entry->pieces = 1;
	copy_text(entry->rule, sizeof(entry->rule),
		  ul_stats_rule_name(region->rule));
	copy_text(entry->store, sizeof(entry->store),
		  ul_store_name(region->store));
	copy_text(entry->path, sizeof(entry->path),
		  spec->path ? spec->path : "");
	ul_trace_site(region->callsite, entry->site, sizeof(entry->site));
}

void ul_trace_note_region(struct ul_region *region,
			  const struct ul_region_spec *spec)
{
	struct ul_trace_header *header = ul_trace_log.header;
	struct ul_trace_region entry;
	uint64_t key, at;

	if (!header && !ul_replay_runs())
		return;
	describe(&entry, region, spec);
	key = ul_trace_key(&entry);
	entry.ordinal = ul_trace_ordinal(key);
	if (!entry.ordinal)
		return;
	ul_replay_region(region, &entry, key);
	if (!header)
		return;
	at = header->regions.used;
	if (at >= ul_trace_log.regions_ready) {
		say_full(header);
		return;
	}
	entry.born_ns = ul_now_ns() - header->start_ns;
	ul_trace_log.regions[at] = entry;
	__atomic_store_n(&header->regions.used, at + 1, __ATOMIC_RELEASE);
	region->trace = (uint32_t)at + 1;
}

static struct ul_trace_region *entry_of(const struct ul_region *region)
{
	return ul_trace_log.header && region->trace ?
		       &ul_trace_log.regions[region->trace - 1] :
		       NULL;
}

void ul_trace_note_cut(const struct ul_region *region)
{
	struct ul_trace_region *entry = entry_of(region);

	if (entry)
		entry->pieces++;
}

void ul_trace_note_gone(const struct ul_region *region)
{
	struct ul_trace_region *entry = entry_of(region);

	if (entry && --entry->pieces == 0)
		entry->gone_ns = ul_now_ns() - ul_trace_log.header->start_ns;
}

void ul_trace_note_fill(const struct ul_region *region,
			const struct ul_plan *plan, unsigned int flags,
			uint64_t began_ns)
{
	struct ul_trace_header *header = ul_trace_log.header;
	struct ul_trace_region *entry = entry_of(region);
	uint64_t at, ns;
	struct ul_trace_fill *fill;

	if (!entry)
		return;
	at = header->fills.used;
	if (at >= ul_trace_log.fills_ready) {
		say_full(header);
		return;
	}
	ns = ul_now_ns() - began_ns;
	fill = &ul_trace_log.fills[at];
	fill->time_ns = began_ns - header->start_ns;
	fill->offset = region->origin + (plan->start - region->start);
	fill->region = region->trace - 1;
	fill->length = (uint32_t)(plan->end - plan->start);
	fill->latency_ns = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
	fill->flags = (uint16_t)flags;
	if (plan->kind == UL_FROM_ZEROS)
		fill->flags |= UL_TRACE_ZEROS;
	fill->page = (uint16_t)((plan->page - plan->start) / ul_page_size);
	if (fill->offset + fill->length > entry->length)
		entry->length = fill->offset + fill->length;	/* it grew */
	__atomic_store_n(&header->fills.used, at + 1, __ATOMIC_RELEASE);
	if (ul_trace_log.fills_ready - at == UL_TRACE_FILLS_LOW)
		ul_handler_nudge();
}
