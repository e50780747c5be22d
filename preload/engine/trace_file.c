/* SPDX-License-Identifier: MIT */
/*
 * trace_file.c - the file that a record is written to; see trace.h
 *
 *      FILE.new   locked, mapped, grown      while the process runs
 *      FILE       renamed from it            when the process exits
 *
 * So an older FILE can be replayed meanwhile, and what a killed process leaves
 * never takes the place of a whole one. Where there is no FILE at all, the next
 * run takes such a FILE.new for it first: else a server that only ever ends by
 * a signal would have no record.
 *
 * The mapping is as long as the record may become, the file only as long as it
 * must be. Its blocks are reserved before they are touched, for on a full disk
 * a touch would be a SIGBUS.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>			/* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/stats.h"
#include "preload/engine/trace.h"

#define POPULATE_WRITE 23		/* MADV_POPULATE_WRITE, Linux 5.14 */

#define REGIONS_AT ((uint64_t)4096)
#define REGIONS_STEP ((uint64_t)128)
#define FILLS_AT (REGIONS_AT + \
		  (uint64_t)UL_TRACE_REGIONS * sizeof(struct ul_trace_region))
#define FILLS_STEP ((uint64_t)32 << 10)
#define FILE_MAX_SIZE \
	(FILLS_AT + (uint64_t)UL_TRACE_FILLS * sizeof(struct ul_trace_fill))

static char path[PATH_MAX];		/* with the process's number in it */
static char path_new[PATH_MAX];
static int fd = -1;			/* in the keeper's table */
static bool is_child;			/* of a fork */
static bool failed;			/* no more room; keeper only */
/* A child's, until its own file is made: what its regions are. */
static struct ul_trace_log parents;

static void refuse(const char *where, const char *why, int error)
{
	if (why)
		ul_log(UL_LOG_WARNING,
		       "record: %s %s; first touches are not recorded", where,
		       why);
	else
		ul_log(UL_LOG_WARNING,
		       "record: %s: %e; first touches are not recorded", where,
		       error);
}

/* May the file be replaced? It is empty, or an older record. */
static bool is_ours(int file, const struct stat *st)
{
	char magic[sizeof(UL_TRACE_MAGIC) - 1];

	return S_ISREG(st->st_mode) &&
	       (st->st_size == 0 ||
		(pread(file, magic, sizeof(magic), 0) == sizeof(magic) &&
		 memcmp(magic, UL_TRACE_MAGIC, sizeof(magic)) == 0));
}

/* FILE is not there, or may be replaced. */
static bool may_replace(void)
{
	int old = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool ours;

	if (old < 0 && errno == ENOENT)
		return true;
	if (old < 0) {
		refuse(path, NULL, -errno);
		return false;
	}
	ours = fstat(old, &st) == 0 && is_ours(old, &st);
	close(old);
	if (!ours)
		refuse(path, "is there and is not a record", 0);
	return ours;
}

/* Does the record in this file tell anything? */
static bool has_fills(int file)
{
	struct ul_trace_header header;

	return pread(file, &header, sizeof(header), 0) == sizeof(header) &&
	       header.fills.used;
}

/* What a killed process has left, and there is no FILE: keep it. */
static bool keep_leftover(const struct stat *st)
{
	return st->st_size && access(path, F_OK) < 0 && errno == ENOENT &&
	       has_fills(fd) && rename(path_new, path) == 0;
}

/* Of this run nothing is to tell (the disk is full, perhaps), and of an older
 * one there is: keep that. */
static bool keep_old(void)
{
	int old = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool keep = old >= 0 && has_fills(old);

	if (old >= 0)
		close(old);
	if (keep)
		unlink(path_new);
	return keep;
}

/* Open and lock FILE.new. 1: again, it was another's a moment ago. */
static int open_new(void)
{
	struct stat st, named;

	fd = open(path_new,
		  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			  O_NOCTTY,
		  0600);
	if (fd < 0 || fstat(fd, &st) < 0) {
		refuse(path_new, NULL, -errno);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		ul_log(UL_LOG_INFO, "record: another process writes %s",
		       path_new);
		return -1;
	}
	/* Renamed since it was opened? Then it is somebody's whole record. */
	if (stat(path_new, &named) < 0 || named.st_ino != st.st_ino ||
	    named.st_dev != st.st_dev)
		return 1;
	if (!is_ours(fd, &st)) {
		refuse(path_new, "is there and is not a record", 0);
		return -1;
	}
	if (keep_leftover(&st))
		return 1;
	/* Whose process is killed now has left one of ours, too. */
	if (ftruncate(fd, 0) < 0 ||
	    pwrite(fd, UL_TRACE_MAGIC, sizeof(UL_TRACE_MAGIC) - 1, 0) < 0) {
		refuse(path_new, NULL, -errno);
		return -1;
	}
	return 0;
}

static bool make_new(void)
{
	int result = 1;

	for (int tries = 0; result == 1 && tries < 10; tries++) {
		result = open_new();
		if (result && fd >= 0) {
			close(fd);
			fd = -1;
		}
	}
	return result == 0;
}

/* --- room --- */

/* Have blocks on the disk for [at, at + length). */
static int reserve(uint64_t at, uint64_t length)
{
	static const char zeros[4096];

	if (syscall(SYS_fallocate, fd, 0, at, length) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	for (uint64_t end = at + length; at < end; at += sizeof(zeros))
		if (pwrite(fd, zeros, sizeof(zeros), (off_t)at) !=
		    sizeof(zeros))
			return errno ? -errno : -ENOSPC;
	return 0;
}

static void extend(_Atomic uint64_t *ready, const struct ul_trace_table *table,
		   uint64_t low, uint64_t step)
{
	uint64_t now = *ready;
	char *base = (char *)ul_trace_log.header + table->offset;
	int error;

	if (failed || now == table->room || now - table->used > low)
		return;
	if (step > table->room - now)
		step = table->room - now;
	error = reserve(table->offset + now * table->size, step * table->size);
	if (error) {
		failed = true;
		ul_log(UL_LOG_WARNING,
		       "record: %s: %e; it is not continued beyond the room "
		       "that it has",
		       path_new, error);
		return;
	}
	/* So that a fault need not wait for the first touch. */
	syscall(SYS_madvise, base + now * table->size, step * table->size,
		POPULATE_WRITE);
	*ready = now + step;
}

void ul_trace_make_room(void)
{
	struct ul_trace_header *header = ul_trace_log.header;

	if (!header)
		return;
	extend(&ul_trace_log.regions_ready, &header->regions,
	       UL_TRACE_REGIONS_LOW, REGIONS_STEP);
	extend(&ul_trace_log.fills_ready, &header->fills, UL_TRACE_FILLS_LOW,
	       FILLS_STEP);
}

/* --- begin and end --- */

static void fill_header(struct ul_trace_header *header)
{
	const struct ul_stat_header *stats = ul_stats_header();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	header->major = UL_TRACE_MAJOR;
	header->minor = UL_TRACE_MINOR;
	header->header_size = sizeof(*header);
	header->page_size = (uint32_t)ul_page_size;
	header->pid = (uint32_t)getpid();
	header->start_ns = stats->start_ns;
	header->start_real_ns = (uint64_t)now.tv_sec * 1000000000u +
				(uint64_t)now.tv_nsec -
				(ul_now_ns() - stats->start_ns);
	memcpy(header->command, stats->command, sizeof(header->command));
	memcpy(header->program, stats->program, sizeof(header->program));
	header->regions = (struct ul_trace_table){
		.offset = REGIONS_AT,
		.size = sizeof(struct ul_trace_region),
		.room = UL_TRACE_REGIONS,
	};
	header->fills = (struct ul_trace_table){
		.offset = FILLS_AT,
		.size = sizeof(struct ul_trace_fill),
		.room = UL_TRACE_FILLS,
	};
}

/* A fork's child has its parent's regions, and its own entries for them, as far
 * as there is room. */
static void inherit_entries(void)
{
	uint64_t n = parents.header ? parents.header->regions.used : 0;

	for (uint64_t at = 0; at < n; at++) {
		struct ul_trace_region *entry = &ul_trace_log.regions[at];

		if (at == ul_trace_log.regions_ready) {
			ul_trace_make_room();
			if (at == ul_trace_log.regions_ready)
				return;
		}
		*entry = parents.regions[at];
		entry->born_ns = 0;
		entry->gone_ns = entry->pieces ? 0 : 1;
		ul_trace_log.header->regions.used = at + 1;
	}
}

/* What has no entry here, though it had one in its parent's record: that one's
 * number may be another region's. */
static void forget_entry(struct ul_region *region, void *context)
{
	struct ul_trace_header *header = context;

	if (region->trace <= header->regions.used)
		return;
	region->trace = 0;
	header->flags |= UL_TRACE_FULL;
}

static void drop_parents(void)
{
	if (parents.header)
		munmap(parents.header, FILE_MAX_SIZE);
	parents.header = NULL;
}

void ul_trace_open(void)
{
	const char *pattern = ul_trace_pattern();
	char *memory;
	int error;

	if (!*pattern || (is_child && !ul_trace_is_for_each_process()))
		return;
	if (!ul_trace_expand(path, pattern)) {
		refuse(pattern, NULL, -ENAMETOOLONG);
		return;
	}
	strcpy(path_new, path);
	strcat(path_new, ".new");
	if (!may_replace() || !make_new())
		return;
	error = reserve(0, REGIONS_AT);
	memory = error ? MAP_FAILED :
			 mmap(NULL, FILE_MAX_SIZE, PROT_READ | PROT_WRITE,
			      MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		refuse(path_new, NULL, error ? error : -errno);
		unlink(path_new);
		close(fd);
		fd = -1;
		return;
	}
	ul_trace_log.header = (void *)memory;
	ul_trace_log.regions = (void *)(memory + REGIONS_AT);
	ul_trace_log.fills = (void *)(memory + FILLS_AT);
	ul_trace_log.regions_ready = ul_trace_log.fills_ready = 0;
	fill_header(ul_trace_log.header);
	failed = false;
	ul_trace_make_room();
	inherit_entries();
	ul_registry_each(forget_entry, ul_trace_log.header);
	drop_parents();
}

/* What there is to say of it: by the program's thread, which has standard error
 * when the program has closed it. */
struct outcome {
	bool kept;
	int error;
};

static int finish_job(void *argument)
{
	struct ul_trace_header *header = ul_trace_log.header;
	struct outcome *outcome = argument;
	uint64_t size;

	if (!header)
		return 0;
	header->end_ns = ul_now_ns() - header->start_ns;
	if (!header->fills.used && keep_old()) {
		outcome->kept = true;
		ul_trace_log.header = NULL;
		close(fd);
		fd = -1;
		return 0;
	}
	size = header->fills.used ?
		       FILLS_AT + header->fills.used * header->fills.size :
		       REGIONS_AT + header->regions.used * header->regions.size;
	/* Nothing may be noted any more: it would lie behind the file's end. */
	ul_trace_log.header = NULL;
	if (ftruncate(fd, (off_t)size) < 0 || rename(path_new, path) < 0)
		outcome->error = -errno;
	close(fd);
	fd = -1;
	return 0;
}

void ul_trace_finish(void)
{
	const char *pattern = ul_trace_pattern();
	struct outcome outcome = { false, 0 };
	struct ul_passage passage;

	/* Its file is opened with the first lazy memory. */
	if (*pattern && !path[0] && ul_summary_is_program())
		ul_log(UL_LOG_WARNING, "record: nothing was lazy, so %s is not "
		       "written", pattern);
	if (!*pattern || !ul_handler_runs() || !ul_handler_is_home())
		return;
	ul_passage_enter(&passage);
	ul_handler_ask(finish_job, &outcome, sizeof(outcome));
	ul_passage_leave(&passage);
	if (outcome.kept)
		ul_log(UL_LOG_WARNING, "record: nothing was recorded; %s stays "
		       "as it was", path);
	if (outcome.error)
		ul_log(UL_LOG_WARNING, "record: %s stays: %e", path_new,
		       outcome.error);
}

void ul_trace_forked(void)
{
	is_child = true;
	drop_parents();			/* the grandparent's */
	parents = ul_trace_log;
	memset(&ul_trace_log, 0, sizeof(ul_trace_log));
	fd = -1;
	if (!ul_trace_is_for_each_process())
		drop_parents();
}
