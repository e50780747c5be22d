/* SPDX-License-Identifier: MIT */
/*
 * registry_table.c - the table of regions, sorted by address; see registry_table.h
 *
 * An array in one reserved piece of memory: lookups by bisection, changes by
 * memmove. Programs have tens of regions, rarely thousands; the kernel's own
 * limit on mappings (vm.max_map_count, 65,530 if nobody has raised it) bounds
 * them.
 *
 * Writers hold the baton and make `sequence` odd while they move entries.
 * Readers without the baton (ul_registry_look) read the array as it is and
 * throw the answer away when the sequence was odd or has changed: entries are
 * plain words in memory that is never unmapped, so a torn read does no harm.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "preload/engine/registry_table.h"
#include "preload/engine/room.h"
#include "preload/engine/stats.h"
#include "preload/engine/touch.h"

struct entry {
	uintptr_t start, end;
	struct ul_region *region;
};

static struct entry *entries;		/* constant once made */
static _Atomic size_t used;
static _Atomic uint64_t sequence;
static unsigned int changes;		/* (b) that are going on */
static struct ul_room room;		/* (b) */
static size_t room_entries;		/* constant once entries is made */

/* Where addresses are limited there is room for the default. */
static size_t wanted_room(void)
{
	size_t wanted = 0;
	struct rlimit limit;
	char text[24] = "";
	int fd;

	if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY)
		return UL_TABLE_LEAST;
	fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(fd);
	}
	for (size_t i = 0; text[i] >= '0' && text[i] <= '9'; i++)
		wanted = wanted * 10 + 2 * (size_t)(text[i] - '0');
	if (wanted > UL_TABLE_MOST)
		wanted = UL_TABLE_MOST;
	return wanted > UL_TABLE_LEAST ? wanted : UL_TABLE_LEAST;
}

int ul_table_init(void)
{
	int error;

	if (entries)
		return 0;
	room_entries = wanted_room();
	error = ul_room_reserve(&room, room_entries * sizeof(*entries));
	entries = room.memory;
	return error;
}

size_t ul_table_room(void)
{
	return room_entries;
}

bool ul_table_commit(size_t count)
{
	return ul_room_commit(&room, count * sizeof(*entries));
}

void ul_table_change_begin(void)
{
	if (changes++ == 0)
		atomic_fetch_add(&sequence, 1);
}

void ul_table_change_end(void)
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

size_t ul_table_index(uintptr_t address)
{
	return find_index(address, used);
}

struct ul_region *ul_table_at(size_t at)
{
	return at < used ? entries[at].region : NULL;
}

int ul_table_insert(struct ul_region *region)
{
	size_t n = used;
	size_t at = find_index(region->start, n);

	if (n == room_entries || !ul_table_commit(n + 1))
		return -ENOMEM;
	ul_table_change_begin();
	memmove(&entries[at + 1], &entries[at], (n - at) * sizeof(*entries));
	entries[at].start = region->start;
	entries[at].end = region->end;
	entries[at].region = region;
	used = n + 1;
	ul_table_change_end();
	return 0;
}

void ul_table_erase(size_t at)
{
	size_t n = used;

	ul_table_change_begin();
	memmove(&entries[at], &entries[at + 1],
		(n - at - 1) * sizeof(*entries));
	used = n - 1;
	ul_table_change_end();
}

void ul_table_rebound(size_t at, uintptr_t start, uintptr_t end)
{
	struct ul_region *region = entries[at].region;

	ul_table_change_begin();
	entries[at].start = region->start = start;
	entries[at].end = region->end = end;
	ul_table_change_end();
	region->version++;
	ul_stats_region_bounds(region);
}

struct ul_region *ul_registry_next(uintptr_t address)
{
	return ul_table_at(find_index(address, used));
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
