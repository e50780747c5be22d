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
static void *read_table(int fd, const struct ul_trace_table *table,
			size_t size, size_t n)
{
	char *raw = malloc(n * table->size + 1);
	char *entries = calloc(n + 1, size);
	size_t i;

	if (raw && entries && read_at(fd, raw, n * table->size, table->offset)) {
		for (i = 0; i < n; i++)
			memcpy(entries + i * size, raw + i * table->size, size);
	} else {
		free(entries);
		entries = NULL;
	}
	free(raw);
	return entries;
}

static size_t keep_good(struct ul_stat_trace *trace)
{
	size_t kept = 0, i;

	for (i = 0; i < trace->n_fills; i++) {
		const struct ul_trace_fill *fill = &trace->fills[i];

		if (fill->region < trace->n_regions &&
		    ul_trace_check_fill(fill, &trace->regions[fill->region],
					trace->header.page_size))
			trace->fills[kept++] = *fill;
	}
	return kept;
}

static int read_tables(int fd, struct ul_stat_trace *trace)
{
	const struct ul_trace_header *header = &trace->header;
	size_t i;

	if (header->regions.used > UL_STAT_TRACE_REGIONS ||
	    header->fills.used > UL_STAT_TRACE_FILLS)
		return -EFBIG;
	trace->n_regions = header->regions.used;
	trace->n_fills = header->fills.used;
	trace->regions = read_table(fd, &header->regions,
				    sizeof(*trace->regions), trace->n_regions);
	trace->fills = read_table(fd, &header->fills, sizeof(*trace->fills),
				  trace->n_fills);
	if (!trace->regions || !trace->fills)
		return -ENOMEM;
	for (i = 0; i < trace->n_regions; i++) {
		struct ul_trace_region *region = &trace->regions[i];

		ul_stat_tame(region->rule, sizeof(region->rule));
		ul_stat_tame(region->store, sizeof(region->store));
		ul_stat_tame(region->path, sizeof(region->path));
		ul_stat_tame(region->site, sizeof(region->site));
	}
	trace->n_fills = keep_good(trace);
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
