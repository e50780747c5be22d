/* SPDX-License-Identifier: MIT */
/*
 * make_trace.c - write a record of first touches, good or bad in a named way
 *
 *	make_trace FILE KIND
 *
 * good: three regions, fills of every sort; few, many: 40, 300,000 fills;
 * empty: none; hole: as many as there is room for, and the file is a hole;
 * text: names that do not belong into XML; outside: fills that lie in no
 * region; magic, major, cut: not to be read.
 */
#include "config.h"

#include "preload/engine/trace_abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB ((uint64_t)1 << 20)
#define REGIONS 3

static struct ul_trace_header header;
static struct ul_trace_region regions[REGIONS];
static struct ul_trace_fill *fills;
static uint32_t random_state = 1;

static uint32_t next_random(void)
{
	random_state = random_state * 1103515245 + 12345;
	return random_state >> 8;
}

static void set_region(struct ul_trace_region *region, uint64_t address,
		       uint64_t length, const char *path, const char *site)
{
	region->address = address;
	region->length = length;
	region->ordinal = 1;
	region->call = 1;
	strcpy(region->rule, *path ? "(stub)" : "hash table");
	strcpy(region->store, *path ? "words.zst" : "zero");
	strcpy(region->path, path);
	strcpy(region->site, site);
}

/* A scan with readahead, random lookups, a table that grows. */
static void set_fill(struct ul_trace_fill *fill, uint64_t i, uint64_t n)
{
	uint64_t pages;

	fill->time_ns = 1500000000 * i / n;
	fill->length = 65536;
	fill->region = i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 2;
	pages = regions[fill->region].length / 65536;
	fill->latency_ns = 6000 + (next_random() % 1000) *
				  (next_random() % 1000) *
				  (next_random() % 10) / 4;
	if (fill->region == 0) {
		fill->offset = i * pages / n * 65536;
		if (i % 4)
			fill->flags = UL_TRACE_AHEAD;
	} else if (fill->region == 1) {
		fill->offset = next_random() % pages * 65536;
		if (i < n / 5)
			fill->flags = UL_TRACE_REPLAY;
	} else {
		fill->offset = i * i * pages / n / n * 65536;
		fill->flags = UL_TRACE_WRITE | UL_TRACE_ZEROS;
	}
	if (i == n / 2)
		fill->flags = UL_TRACE_POISON;
}

static void set_header(uint64_t n)
{
	memcpy(header.magic, UL_TRACE_MAGIC, sizeof(header.magic));
	header.major = UL_TRACE_MAJOR;
	header.header_size = sizeof(header);
	header.page_size = 4096;
	header.pid = 4711;
	header.end_ns = 1600000000;
	strcpy(header.command, "indexer");
	header.regions = (struct ul_trace_table){ sizeof(header), REGIONS,
						  sizeof(*regions), REGIONS };
	header.fills = (struct ul_trace_table){
		sizeof(header) + sizeof(regions), n, sizeof(*fills),
		(uint32_t)n
	};
}

int main(int argc, char **argv)
{
	uint64_t n = 1500;
	size_t cut = 0;
	FILE *out;

	if (argc != 3)
		return 2;
	if (!strcmp(argv[2], "many"))
		n = 300000;
	if (!strcmp(argv[2], "few"))
		n = 40;
	if (!strcmp(argv[2], "empty"))
		n = 0;
	fills = calloc(n + 1, sizeof(*fills));
	if (!fills)
		return 1;
	set_region(&regions[0], 0x7f0000000000, 96 * MIB,
		   "/usr/share/dict/words", "map_words@look < main@look");
	set_region(&regions[1], 0x7f1000000000, 512 * MIB, "/data/corpus.idx",
		   "open_index@libidx.so < main@indexer");
	set_region(&regions[2], 0x7f2000000000, 24 * MIB, "",
		   "build_table@indexer < main@indexer");
	for (uint64_t i = 0; i < n; i++)
		set_fill(&fills[i], i, n);
	set_header(n);
	if (!strcmp(argv[2], "text")) {
		strcpy(header.command, "<a> & \"b\" \xff\x1b[31m");
		memset(regions[0].path, 0xc3, sizeof(regions[0].path));
		strcpy(regions[1].site, "]]></svg><script>alert(1)</script>");
	} else if (!strcmp(argv[2], "outside")) {
		fills[0].region = 1000000;
		fills[1].offset = UINT64_MAX - 4095;
		fills[2].length = UINT32_MAX;
		fills[3].time_ns = UINT64_MAX;
	} else if (!strcmp(argv[2], "magic"))
		header.magic[0] = 'x';
	else if (!strcmp(argv[2], "major"))
		header.major++;
	else if (!strcmp(argv[2], "cut"))
		cut = sizeof(*fills) * n / 2;
	out = fopen(argv[1], "w");
	if (!out)
		return 1;
	if (!strcmp(argv[2], "hole")) {
		header.fills.size = 128;
		header.fills.used = header.fills.room = 3 << 20;
		if (ftruncate(fileno(out), 400 * (off_t)MIB) != 0)
			return 1;
	}
	fwrite(&header, sizeof(header), 1, out);
	fwrite(regions, sizeof(regions), 1, out);
	fwrite(fills, sizeof(*fills) * n - cut, 1, out);
	return fclose(out) == 0 ? 0 : 1;
}
