/* SPDX-License-Identifier: MIT */
/* stats_callsites.c - the table of call sites; see stats.h */
#include "config.h"

#include <string.h>

#include "preload/engine/lock.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"

static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_LEAF);

void ul_stats_copy_tail(char *to, size_t size, const char *from)
{
	size_t length = from ? strlen(from) : 0;

	if (length >= size)
		from += length - (size - 1);
	if (from)
		strncpy(to, from, size - 1);
}

static bool same_site(const struct ul_stat_callsite *entry,
		      const struct ul_callsite *site, uint32_t depth)
{
	if (entry->n_frames != depth)
		return false;
	for (uint32_t i = 0; i < depth; i++)
		if (entry->frames[i].pc != (uintptr_t)site->pcs[i])
			return false;
	return true;
}

static void fill_frame(struct ul_stat_frame *frame,
		       const struct ul_callsite *site, uint32_t at)
{
	frame->pc = (uintptr_t)site->pcs[at];
	frame->object_offset = site->object_offsets[at];
	frame->function_offset = site->function_offsets[at];
	if (site->frames[at].function)
		strncpy(frame->function, site->frames[at].function,
			sizeof(frame->function) - 1);
	ul_stats_copy_tail(frame->object, sizeof(frame->object),
			   site->frames[at].object);
}

void ul_stats_callsites_hold(void)
{
	ul_lock_take(&lock);
}

void ul_stats_callsites_let_go(void)
{
	ul_lock_drop(&lock);
}

uint32_t ul_stats_callsite(const struct ul_callsite *site)
{
	uint32_t depth = site->depth < UL_STAT_FRAMES ? (uint32_t)site->depth :
							UL_STAT_FRAMES;
	struct ul_stat_header *header = ul_stats_header();
	struct ul_stat_callsite *callsites =
		(void *)((char *)header + header->callsites.offset);
	uint32_t at;

	if (!depth || site->named < depth)
		return UL_NO_INDEX;
	ul_lock_take(&lock);
	for (at = 0; at < header->callsites.used; at++)
		if (same_site(&callsites[at], site, depth))
			break;
	if (at == header->callsites.used) {
		if (at == UL_STATS_CALLSITES) {
			at = UL_NO_INDEX;
		} else {
			ul_stats_need(&header->callsites, at);
			callsites[at].n_frames = depth;
			for (uint32_t i = 0; i < depth; i++)
				fill_frame(&callsites[at].frames[i], site, i);
			header->callsites.used = at + 1;
		}
	}
	ul_lock_drop(&lock);
	return at;
}

void ul_stats_fork_child(void)
{
	ul_lock_reset(&lock);
}
