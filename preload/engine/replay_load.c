/* SPDX-License-Identifier: MIT */
/*
 * replay_load.c - a record, read into memory; see replay.h
 *
 * It is read, not mapped: whoever cuts the file short meanwhile gets an error
 * from us, and no signal. A file says how large its tables are; what is
 * reserved for them is bounded by what we would have written ourselves.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/engine/replay.h"
#include "preload/engine/trace_check.h"

#define CHUNK ((size_t)64 << 10)	/* bytes read at a time */
_Static_assert(CHUNK >= UL_TRACE_REGION_MAX && CHUNK >= UL_TRACE_FILL_MAX,
	       "an entry must fit");

static void *pages(size_t bytes)
{
	void *memory = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

const char *ul_replay_check(int fd, const char *command,
			    struct ul_trace_header *header)
{
	const char *wrong;
	struct stat st;

	memset(header, 0, sizeof(*header));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "is not a file";
	if (pread(fd, header, sizeof(*header), 0) < 0)
		return "cannot be read";
	wrong = ul_trace_check_header(header, (uint64_t)st.st_size);
	if (wrong)
		return wrong;
	if (header->page_size != ul_page_size)
		return "has pages of another size";
	if (strncmp(header->command, command, sizeof(header->command)) != 0)
		return "is of another program";
	return NULL;
}

/* Call for each entry of a table, from copies; at most `most` of them. Returns
 * 0 or -errno. */
static int each_entry(int fd, const struct ul_trace_table *table, uint64_t most,
		      char *chunk,
		      void (*call)(const void *entry, size_t at, void *context),
		      void *context)
{
	uint64_t n = table->used < most ? table->used : most;
	uint64_t in_chunk = CHUNK / table->size;

	for (uint64_t at = 0; at < n; at += in_chunk) {
		uint64_t some = n - at < in_chunk ? n - at : in_chunk;
		size_t bytes = (size_t)some * table->size;
		ssize_t got = pread(fd, chunk, bytes,
				    (off_t)(table->offset + at * table->size));

		if (got != (ssize_t)bytes)
			return got < 0 ? -errno : -EIO;
		for (uint64_t i = 0; i < some; i++)
			call(chunk + i * table->size, (size_t)(at + i),
			     context);
	}
	return 0;
}

struct loading {
	struct ul_replay_record *record;
	struct ul_replay_fill *fills;	/* as they lie in the file */
	uint32_t *owner;		/* each one's region */
	uint32_t page_size;
	bool damaged;
};

static void take_region(const void *entry, size_t at, void *context)
{
	struct loading *loading = context;
	struct ul_replay_region *region = &loading->record->regions[at];
	struct ul_trace_region copy;

	memcpy(&copy, entry, sizeof(copy));
	ul_trace_end_texts(&copy);
	region->key = ul_trace_key(&copy);
	region->ordinal = copy.ordinal;
	region->length = copy.length;
	region->store_offset = copy.store_offset;
	region->store_length = copy.store_length;
	memcpy(region->store, copy.store, sizeof(region->store));
	memcpy(region->rule, copy.rule, sizeof(region->rule));
}

/* What is worth to be filled again: the store's bytes, and zeros only where
 * they were written, for zeros that are read cost nothing. */
static bool is_worth(const struct ul_trace_fill *fill)
{
	if (fill->flags & UL_TRACE_POISON)
		return false;
	return !(fill->flags & UL_TRACE_ZEROS) || (fill->flags & UL_TRACE_WRITE);
}

static void take_fill(const void *entry, size_t at, void *context)
{
	struct loading *loading = context;
	struct ul_replay_record *record = loading->record;
	struct ul_replay_region *region;
	struct ul_trace_region bounds;
	struct ul_trace_fill fill;

	(void)at;
	memcpy(&fill, entry, sizeof(fill));
	if (!fill.length)
		return;
	if (fill.region >= record->n_regions) {
		loading->damaged = true;
		return;
	}
	region = &record->regions[fill.region];
	bounds.length = region->length;
	if (!ul_trace_check_fill(&fill, &bounds, loading->page_size)) {
		loading->damaged = true;
		return;
	}
	if (!is_worth(&fill))
		return;
	loading->owner[record->n_fills] = fill.region;
	loading->fills[record->n_fills] = (struct ul_replay_fill){
		.offset = fill.offset,
		.length = fill.length,
		.order = (uint32_t)record->n_fills,
		.zeros = (fill.flags & UL_TRACE_ZEROS) != 0,
	};
	record->n_fills++;
	region->count++;
}

/* Each region's fills together, in their order. */
static void sort_by_region(struct loading *loading)
{
	struct ul_replay_record *record = loading->record;
	size_t first = 0;

	for (size_t i = 0; i < record->n_regions; i++) {
		record->regions[i].first = first;
		first += record->regions[i].count;
		record->regions[i].count = 0;
	}
	for (size_t i = 0; i < record->n_fills; i++) {
		struct ul_replay_region *region =
			&record->regions[loading->owner[i]];

		record->fills[region->first + region->count++] =
			loading->fills[i];
	}
}

int ul_replay_load(int fd, const struct ul_trace_header *header,
		   struct ul_replay_record *record, bool *damaged)
{
	size_t regions = header->regions.used < UL_TRACE_REGIONS ?
				 (size_t)header->regions.used :
				 UL_TRACE_REGIONS;
	size_t fills = header->fills.used < UL_TRACE_FILLS ?
			       (size_t)header->fills.used :
			       UL_TRACE_FILLS;
	struct loading loading = { .record = record,
				   .page_size = header->page_size };
	char *chunk = pages(CHUNK);
	int error = -ENOMEM;

	memset(record, 0, sizeof(*record));
	record->regions = pages(regions * sizeof(*record->regions));
	record->fills = pages(fills * sizeof(*record->fills));
	loading.fills = pages(fills * sizeof(*loading.fills));
	loading.owner = pages(fills * sizeof(*loading.owner));
	if (chunk && record->regions && record->fills && loading.fills &&
	    loading.owner) {
		record->n_regions = regions;
		error = each_entry(fd, &header->regions, regions, chunk,
				   take_region, &loading);
		if (!error)
			error = each_entry(fd, &header->fills, fills, chunk,
					   take_fill, &loading);
		if (!error)
			sort_by_region(&loading);
	}
	if (chunk)
		munmap(chunk, CHUNK);
	if (loading.fills)
		munmap(loading.fills, fills * sizeof(*loading.fills) + !fills);
	if (loading.owner)
		munmap(loading.owner, fills * sizeof(*loading.owner) + !fills);
	*damaged = loading.damaged;
	return error;
}
