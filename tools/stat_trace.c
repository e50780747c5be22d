/* SPDX-License-Identifier: MIT */
/*
 * stat_trace.c - a record of first touches, distrusted, into memory
 *
 * Read with pread(2), as statistics are. What does not lie in its region is
 * left out, and counted.
 */
#include "config.h"

#include "tools/stat_picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/engine/trace_check.h"

static bool read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	char *at = buffer;

	while (length) {
		ssize_t got = pread(fd, at, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return true;
}

/* Entries of our own size; a newer writer's are longer. */
static bool read_regions(int fd, struct ul_stat_trace *trace, size_t n)
{
	const struct ul_trace_table *table = &trace->header.regions;
	size_t size = sizeof(*trace->regions), i;

	trace->regions = calloc(n + 1, size);
	for (i = 0; trace->regions && i < n; i++)
		if (!read_at(fd, &trace->regions[i], size,
			     table->offset + i * table->size))
			return false;
	trace->n_regions = n;
	return trace->regions;
}

/* By the piece, and only what is good is kept: a file that is a hole takes no
 * memory for it. */
static bool read_fills(int fd, struct ul_stat_trace *trace, size_t n)
{
	const struct ul_trace_table *table = &trace->header.fills;
	size_t at, i, some;
	struct ul_trace_fill fill;
	char piece[65536] = "";

	trace->fills = calloc(n + 1, sizeof(*trace->fills));
	for (at = 0; trace->fills && at < n; at += some) {
		some = sizeof(piece) / table->size;
		if (some > n - at)
			some = n - at;
		if (!read_at(fd, piece, some * table->size,
			     table->offset + at * table->size))
			return false;
		for (i = 0; i < some; i++) {
			memcpy(&fill, piece + i * table->size, sizeof(fill));
			if (fill.region < trace->n_regions &&
			    ul_trace_check_fill(&fill,
						&trace->regions[fill.region],
						trace->header.page_size))
				trace->fills[trace->n_fills++] = fill;
		}
	}
	return trace->fills;
}

static int read_tables(int fd, struct ul_stat_trace *trace)
{
	const struct ul_trace_header *header = &trace->header;
	size_t i;

	if (header->regions.used > UL_STAT_TRACE_REGIONS ||
	    header->fills.used > UL_STAT_TRACE_FILLS)
		return -EFBIG;
	if (!read_regions(fd, trace, header->regions.used) ||
	    !read_fills(fd, trace, header->fills.used))
		return -ENOMEM;
	for (i = 0; i < trace->n_regions; i++) {
		struct ul_trace_region *region = &trace->regions[i];

		ul_stat_tame(region->rule, sizeof(region->rule));
		ul_stat_tame(region->store, sizeof(region->store));
		ul_stat_tame(region->path, sizeof(region->path));
		ul_stat_tame(region->site, sizeof(region->site));
	}
	return 0;
}

int ul_stat_trace_read(const char *path, struct ul_stat_trace *trace,
		       struct ul_stat_error *error)
{
	size_t room = sizeof(error->text);
	const char *wrong = NULL;
	struct stat st;
	int result = 0;
	int fd;

	memset(trace, 0, sizeof(*trace));
	fd = ul_stat_open(AT_FDCWD, path, UL_STAT_ANY_OWNER, O_RDONLY, &st,
			  error);
	if (fd < 0)
		return fd;
	if (!read_at(fd, &trace->header, sizeof(trace->header), 0))
		wrong = "is not a record of first touches";
	else
		wrong = ul_trace_check_header(&trace->header,
					      (uint64_t)st.st_size);
	if (!wrong)
		result = read_tables(fd, trace);
	close(fd);
	if (result == -EFBIG)
		wrong = "is damaged: it has too many entries";
	else if (result != 0)
		wrong = "cannot be read, or is too large for this memory";
	if (wrong) {
		snprintf(error->text, room, "%.300s %s", path, wrong);
		ul_stat_trace_release(trace);
		return -EBADMSG;
	}
	ul_stat_tame(trace->header.command, sizeof(trace->header.command));
	return 0;
}

void ul_stat_trace_release(struct ul_stat_trace *trace)
{
	free(trace->regions);
	free(trace->fills);
	trace->regions = NULL;
	trace->fills = NULL;
}
