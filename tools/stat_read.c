/* SPDX-License-Identifier: MIT */
/*
 * stat_read.c - a statistics file, distrusted, into a snapshot
 *
 * The file is read with pread(2), not mapped: a file that is truncated under
 * us gives a short read then, not a SIGBUS. Everything that it says about
 * itself is held against its size first.
 *
 * An entry of the table of regions may change while it is read. The table is
 * read three times: an entry whose seq is even and the same in the first and
 * the last copy stood still while the second was made.
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A record of millions of fills is smaller. */
#define FILE_MAX ((off_t)1 << 30)
/* Statistics of ours are some MiB, and holes cost their maker nothing. */
#define STATISTICS_MAX ((off_t)64 << 20)
/* An entry that is written again and again is given up after so many tries. */
#define TRIES 16

static int refuse(struct ul_stat_error *error, int code, const char *name,
		  const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int refuse(struct ul_stat_error *error, int code, const char *name,
		  const char *format, ...)
{
	size_t size = sizeof(error->text);
	va_list arguments;
	int used;

	used = snprintf(error->text, size, "%s: ", name);
	if (used < 0 || (size_t)used >= size)
		used = 0;
	va_start(arguments, format);
	vsnprintf(error->text + used, size - (size_t)used, format, arguments);
	va_end(arguments);
	return code;
}

/* Read length bytes at offset, wholly or not. */
static bool read_at(int fd, void *buffer, size_t length, off_t offset)
{
	char *at = buffer;

	while (length) {
		ssize_t got = pread(fd, at, length, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += got;
		length -= (size_t)got;
	}
	return true;
}

#define TAME(field) ul_stat_tame(field, sizeof(field))

/*
 * Read the used entries of a table into an array of entries of our own size: a
 * newer writer's are longer, and the rest of them means nothing to us. Returns
 * the array (to be freed) or NULL: too little file, or no memory.
 */
static void *read_table(int fd, const struct ul_stat_table *table,
			size_t entry_size, uint32_t count)
{
	char *entries = calloc((size_t)count + 1, entry_size);
	off_t at = (off_t)table->offset;
	bool whole = entries != NULL;
	uint32_t i;

	if (table->size == entry_size)
		whole = whole && read_at(fd, entries, count * entry_size, at);
	else
		for (i = 0; whole && i < count; i++, at += table->size)
			whole = read_at(fd, entries + i * entry_size,
					entry_size, at);
	if (whole)
		return entries;
	free(entries);
	return NULL;
}

/* How many entries of at least our own size, if the table lies in the file?
 * What counts is what is used of it. *left: bytes of the file that no table has
 * yet; so all of them together are not larger than the file. */
static const char *measure_table(const struct ul_stat_table *table,
				 size_t entry_size, uint64_t file_size,
				 uint64_t *left, uint32_t *count)
{
	uint64_t length;

	*count = table->used < table->room ? table->used : table->room;
	if (*count == 0)
		return NULL;
	length = (uint64_t)*count * table->size;
	if (table->size < entry_size || table->offset >= file_size ||
	    length > file_size - table->offset)
		return "damaged: a table does not lie in the file";
	if (length > *left)
		return "damaged: its tables overlap";
	*left -= length;
	return NULL;
}

/* Keep of copy those entries that live and stood still; note in *moving
 * whether one did not stand still. Returns how many were kept. */
static size_t keep_still(const struct ul_stat_region *before,
			 struct ul_stat_region *copy,
			 const struct ul_stat_region *after,
			 struct ul_stat_heat *heat, uint32_t count,
			 bool *moving)
{
	size_t kept = 0;
	uint32_t i;

	*moving = false;
	for (i = 0; i < count; i++) {
		if (before[i].seq != after[i].seq || (before[i].seq & 1)) {
			*moving = true;
			continue;
		}
		if (copy[i].state != 1)
			continue;
		heat[kept] = heat[i];
		copy[kept++] = copy[i];
	}
	return kept;
}

/* As many as there are regions; zeros where the writer has none. */
static struct ul_stat_heat *read_heat(int fd, const struct ul_stat_table *table,
				      uint32_t has, uint32_t count)
{
	struct ul_stat_heat *read, *all;

	read = read_table(fd, table, sizeof(*read), has);
	all = read ? reallocarray(read, (size_t)count + 1, sizeof(*all)) : NULL;
	if (!all)
		free(read);
	else if (count > has)
		memset(all + has, 0, (count - has) * sizeof(*all));
	return all;
}

static int read_regions(int fd, const struct ul_stat_table *table,
			uint32_t count, uint32_t n_heat,
			struct ul_stat_snapshot *snapshot)
{
	const size_t size = sizeof(struct ul_stat_region);
	bool moving = true;
	int tries;
	size_t i;

	for (tries = 0; moving && tries < TRIES; tries++) {
		struct ul_stat_region *before, *copy, *after;
		struct ul_stat_heat *heat;

		before = read_table(fd, table, size, count);
		copy = read_table(fd, table, size, count);
		after = read_table(fd, table, size, count);
		heat = read_heat(fd, &snapshot->header.heat, n_heat, count);
		if (before && copy && after && heat) {
			free(snapshot->regions);
			free(snapshot->heat);
			snapshot->regions = copy;
			snapshot->heat = heat;
			snapshot->n_regions = keep_still(before, copy, after,
							 heat, count, &moving);
		} else {
			free(copy);
			free(heat);
			copy = NULL;
		}
		free(before);
		free(after);
		if (!copy)
			return -EBADMSG;
	}
	for (i = 0; i < snapshot->n_regions; i++) {
		TAME(snapshot->regions[i].store);
		TAME(snapshot->regions[i].path);
		if (snapshot->regions[i].direct) {
			snapshot->regions[i].direct = 1;
			snapshot->regions[i].counters.resident_bytes = 0;
		}
	}
	return 0;
}

static int read_rules(int fd, const struct ul_stat_table *table,
		      uint32_t count, struct ul_stat_snapshot *snapshot)
{
	size_t i;

	snapshot->rules = read_table(fd, table, sizeof(struct ul_stat_rule),
				     count);
	if (!snapshot->rules)
		return -EBADMSG;
	snapshot->n_rules = count;
	for (i = 0; i < count; i++)
		TAME(snapshot->rules[i].name);
	return 0;
}

static int read_callsites(int fd, const struct ul_stat_table *table,
			  uint32_t count, struct ul_stat_snapshot *snapshot)
{
	struct ul_stat_callsite *site;
	size_t i;
	int f;

	snapshot->callsites = read_table(fd, table, sizeof(*site), count);
	if (!snapshot->callsites)
		return -EBADMSG;
	snapshot->n_callsites = count;
	for (i = 0; i < count; i++) {
		site = &snapshot->callsites[i];
		if (site->n_frames > UL_STAT_FRAMES)
			site->n_frames = UL_STAT_FRAMES;
		for (f = 0; f < UL_STAT_FRAMES; f++) {
			TAME(site->frames[f].function);
			TAME(site->frames[f].object);
		}
	}
	return 0;
}

static int read_threads(int fd, const struct ul_stat_table *table,
			uint32_t count, struct ul_stat_snapshot *snapshot)
{
	size_t i;

	snapshot->threads = read_table(fd, table, sizeof(struct ul_stat_thread),
				       count);
	if (!snapshot->threads)
		return -EBADMSG;
	snapshot->n_threads = count;
	for (i = 0; i < count; i++)
		TAME(snapshot->threads[i].name);
	return 0;
}

static int read_header(int fd, const char *name, uint64_t file_size,
		       struct ul_stat_header *header,
		       struct ul_stat_error *error)
{
	size_t least = offsetof(struct ul_stat_header, program);
	size_t part;

	memset(header, 0, sizeof(*header));
	part = file_size < sizeof(*header) ? file_size : sizeof(*header);
	if (part < offsetof(struct ul_stat_header, pid) ||
	    !read_at(fd, header, part, 0))
		return refuse(error, -EBADMSG, name,
			      "too short for a statistics file");
	/* A stub begins with the same word. */
	if (memcmp(header->magic, UL_STAT_MAGIC, sizeof(header->magic)) != 0 ||
	    header->major > UINT16_MAX)
		return refuse(error, -EBADMSG, name, "not a statistics file");
	if (header->major != UL_STAT_MAJOR)
		return refuse(error, -EPROTO, name,
			      "written in layout %u; this " UL_STAT_NAME
			      " reads layout %d: use the one that came with "
			      "that library", header->major, UL_STAT_MAJOR);
	if (header->header_size < least || header->header_size > file_size)
		return refuse(error, -EBADMSG, name,
			      "damaged: it says its header has %u bytes",
			      header->header_size);
	if (header->header_size < part)
		memset((char *)header + header->header_size, 0,
		       part - header->header_size);
	if (header->page_size == 0)
		return refuse(error, -EBADMSG, name,
			      "damaged: it says a page has no bytes");
	TAME(header->command);
	TAME(header->policy);
	TAME(header->program);
	return 0;
}

#define MEASURE(table)                                                         \
	measure_table(&header->table, sizeof(*snapshot->table), file_size,     \
		      &left, &table)

static int read_tables(int fd, const char *name, uint64_t file_size,
		       struct ul_stat_snapshot *snapshot,
		       struct ul_stat_error *error)
{
	const struct ul_stat_header *header = &snapshot->header;
	uint32_t regions, rules, callsites, heat, threads;
	uint64_t left = file_size;
	const char *wrong;

	wrong = MEASURE(regions);
	if (!wrong)
		wrong = MEASURE(rules);
	if (!wrong)
		wrong = MEASURE(callsites);
	if (!wrong)
		wrong = MEASURE(heat);
	if (!wrong)
		wrong = MEASURE(threads);
	if (wrong)
		return refuse(error, -EBADMSG, name, "%s", wrong);
	if (read_regions(fd, &header->regions, regions, heat, snapshot) != 0 ||
	    read_rules(fd, &header->rules, rules, snapshot) != 0 ||
	    read_threads(fd, &header->threads, threads, snapshot) != 0 ||
	    read_callsites(fd, &header->callsites, callsites, snapshot) != 0)
		return refuse(error, -EBADMSG, name,
			      "cannot read its tables");
	return 0;
}

/*
 * Open a regular file of owner. What it is is asked before it is opened: of a
 * path alone, so that neither a planted fifo nor a link to a device can do
 * anything. A link is followed; what counts is whose file it leads to.
 */
int ul_stat_open(int folder, const char *name, uid_t owner, int flags,
		 struct stat *st, struct ul_stat_error *error)
{
	char again[64];
	int path = openat(folder, name, O_PATH | O_CLOEXEC);
	int result;

	if (path < 0) {
		result = -errno;
		return refuse(error, result, name, "%s", strerror(-result));
	}
	if (fstat(path, st) != 0 || !S_ISREG(st->st_mode)) {
		result = refuse(error, -EPERM, name, "not a regular file");
	} else if (owner != UL_STAT_ANY_OWNER && st->st_uid != owner) {
		result = refuse(error, -EPERM, name,
				"belongs to user %u, not to user %u",
				st->st_uid, owner);
	} else if (st->st_size > FILE_MAX) {
		result = refuse(error, -EBADMSG, name,
				"too large to be one of uffdlazy's");
	} else {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", path);
		result = open(again, flags | O_CLOEXEC);
		if (result < 0) {
			result = -errno;
			refuse(error, result, name, "%s", strerror(-result));
		}
	}
	close(path);
	return result;
}

int ul_stat_read(int folder, const char *name, uid_t owner,
		 struct ul_stat_snapshot *snapshot, struct ul_stat_error *error)
{
	struct stat st;
	int result;
	int fd;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->taken_ns = ul_stat_now();
	fd = ul_stat_open(folder, name, owner, O_RDONLY, &st, error);
	if (fd < 0)
		return fd;
	if (st.st_size > STATISTICS_MAX)
		result = refuse(error, -EBADMSG, name,
				"too large for a statistics file");
	else
		result = read_header(fd, name, (uint64_t)st.st_size,
				     &snapshot->header, error);
	if (result == 0)
		result = read_tables(fd, name, (uint64_t)st.st_size, snapshot,
				     error);
	close(fd);
	snapshot->owner = st.st_uid;
	if (result != 0)
		ul_stat_release(snapshot);
	if (result != 0)
		return result;
	snapshot->number = ul_stat_number(&snapshot->header);
	snapshot->running = snapshot->number != 0;
	ul_stat_measure_direct(snapshot);
	return 0;
}

void ul_stat_release(struct ul_stat_snapshot *snapshot)
{
	free(snapshot->regions);
	free(snapshot->heat);
	free(snapshot->rules);
	free(snapshot->callsites);
	free(snapshot->threads);
	memset(snapshot, 0, sizeof(*snapshot));
}
