/* SPDX-License-Identifier: MIT */
/* show_trace.c - a record of first touches as lines of text, unchecked. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "preload/engine/trace_abi.h"

static void *entry(FILE *file, const struct ul_trace_table *table, uint64_t at,
		   void *to, size_t size)
{
	if (fseek(file, (long)(table->offset + at * table->size), SEEK_SET) ||
	    fread(to, size, 1, file) != 1)
		exit(1);
	return to;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	struct ul_trace_header header;
	struct ul_trace_region region;
	struct ul_trace_fill fill;

	if (!file || fread(&header, sizeof(header), 1, file) != 1)
		return 1;
	printf("command %s pid %u flags %u %s\n", header.command, header.pid,
	       header.flags, header.end_ns ? "finished" : "unfinished");
	for (uint64_t i = 0; i < header.regions.used; i++) {
		entry(file, &header.regions, i, &region, sizeof(region));
		printf("region %" PRIu64 " rule %s store %s length %" PRIu64
		       " ordinal %" PRIu64 " pieces %u %s site %s path %s\n",
		       i, region.rule, region.store, region.length,
		       region.ordinal, region.pieces,
		       region.gone_ns ? "gone" : "there", region.site,
		       region.path);
	}
	for (uint64_t i = 0; i < header.fills.used; i++) {
		entry(file, &header.fills, i, &fill, sizeof(fill));
		printf("fill region %u offset %" PRIu64 " length %u%s%s%s%s%s\n",
		       fill.region, fill.offset, fill.length,
		       fill.flags & UL_TRACE_WRITE ? " write" : " read",
		       fill.flags & UL_TRACE_AHEAD ? " ahead" : "",
		       fill.flags & UL_TRACE_REPLAY ? " replay" : "",
		       fill.flags & UL_TRACE_ZEROS ? " zeros" : "",
		       fill.flags & UL_TRACE_POISON ? " poison" : "");
	}
	return 0;
}
