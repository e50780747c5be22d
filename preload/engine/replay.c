/* SPDX-License-Identifier: MIT */
/*
 * replay.c - finding in a record what this run makes; see replay.h
 *
 * The keeper puts each new region into a list, under the baton, with what it
 * is known by. A thread of our own finds it in the record and makes a job of
 * it for replay_fill.c.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/replay.h"
#include "preload/engine/stats.h"
#include "preload/engine/trace.h"

#define WAITING 1024			/* new regions that were not looked at */

/* A region that was made. */
struct made {
	uint64_t made;			/* ul_region's */
	uint64_t key, ordinal;
	uintptr_t start;
	uint64_t length, store_offset, store_length;
	char store[48];
};

static char path[PATH_MAX];		/* constant after init; "": none */
static int fd = -1;			/* in the keeper's table */
static struct ul_trace_header header;	/* constant once opened */
static bool runs;			/* (b) */
static struct made waiting[WAITING];	/* (b) */
static unsigned int n_waiting;		/* (b) */
static _Atomic uint32_t news;		/* counts; the thread waits for it */
static _Atomic uint32_t n_matched, n_unmatched;

/* The thread's own. */
static struct ul_replay_record record;

/* --- what is said, each thing once --- */

static bool said_store, said_shorter;

static void say(const char *what)
{
	ul_log(UL_LOG_WARNING, "replay: %s %s", path, what);
}

static void say_once(bool *said, const char *rule, const char *text)
{
	if (*said)
		return;
	*said = true;
	ul_log(UL_LOG_WARNING, "replay: %s: rule %s: %s", path, rule, text);
}

void ul_replay_say_shorter(const char *rule)
{
	say_once(&said_shorter, rule,
		 "a region is shorter than it was when it was recorded; what "
		 "lay beyond is left out");
}

/* --- the keeper's part --- */

void ul_replay_init(void)
{
	ul_trace_path(path, secure_getenv("UFFDLAZY_REPLAY"),
		      ul_policy->replay);
}

static int open_record(void)
{
	char name[PATH_MAX];

	if (!ul_trace_expand(name, path))
		return -ENAMETOOLONG;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : 0;
}

bool ul_replay_open(void)
{
	const char *wrong;
	int error;

	if (!path[0])
		return false;
	error = open_record();
	if (error) {
		/* The first run of those that record for the next. */
		bool first = error == -ENOENT &&
			     !strcmp(path, ul_trace_pattern());

		ul_log(first ? UL_LOG_INFO : UL_LOG_WARNING,
		       "replay: %s: %e; nothing is replayed", path, error);
		return false;
	}
	wrong = ul_replay_check(fd, ul_stats_header()->command, &header);
	if (wrong) {
		ul_log(UL_LOG_WARNING, "replay: %s %s; nothing is replayed",
		       path, wrong);
		close(fd);
		fd = -1;
		return false;
	}
	runs = true;
	return true;
}

bool ul_replay_runs(void)
{
	return runs;
}

void ul_replay_region(struct ul_region *region,
		      const struct ul_trace_region *entry, uint64_t key)
{
	struct made *made = &waiting[n_waiting];

	if (!runs || n_waiting == WAITING)
		return;
	made->made = region->made;
	made->key = key;
	made->ordinal = entry->ordinal;
	made->start = region->start;
	made->length = entry->length;
	made->store_offset = entry->store_offset;
	made->store_length = entry->store_length;
	memcpy(made->store, entry->store, sizeof(made->store));
	n_waiting++;
	atomic_fetch_add(&news, 1);
	ul_futex_wake(&news, 1);
}

void ul_replay_moved(uint64_t made, uintptr_t start)
{
	for (unsigned int i = 0; i < n_waiting; i++)
		if (waiting[i].made == made)
			waiting[i].start = start;
	ul_replay_fills_moved(made, start);
}

void ul_replay_finish(void)
{
	if (runs && n_unmatched && !n_matched)
		say("has nothing that fits this run");
}

void ul_replay_forked(void)
{
	path[0] = '\0';
	runs = false;
	n_waiting = 0;
	fd = -1;
	ul_replay_drop_all();
}

/* --- jobs --- */

static const struct ul_replay_region *find(const struct made *made)
{
	for (size_t i = 0; i < record.n_regions; i++) {
		const struct ul_replay_region *one = &record.regions[i];

		if (one->key == made->key && one->ordinal == made->ordinal)
			return one;
	}
	return NULL;
}

/* False: there is nothing to do for it. */
static bool make_job(const struct made *made, struct ul_replay_job *job)
{
	const struct ul_replay_region *recorded = find(made);

	if (!recorded) {
		n_unmatched++;
		return false;
	}
	n_matched++;
	if (recorded->store_offset != made->store_offset ||
	    recorded->store_length != made->store_length ||
	    strncmp(recorded->store, made->store, sizeof(made->store)) != 0) {
		say_once(&said_store, recorded->rule,
			 "had another store when it was recorded; not replayed");
		return false;
	}
	*job = (struct ul_replay_job){
		.recorded = recorded,
		.fills = &record.fills[recorded->first],
		.made = made->made,
		.length = made->length,
	};
	return true;
}

/* Take the new regions over. Each stays in the list until it is a job: it may be
 * moved meanwhile. */
static void make_jobs(void)
{
	struct ul_replay_job job;
	struct made next;
	bool wanted;

	ul_baton_take();
	while (n_waiting) {
		next = waiting[0];
		ul_lock_drop(&ul_baton);
		wanted = make_job(&next, &job);
		ul_baton_take();
		job.start = waiting[0].start;
		n_waiting--;
		memmove(&waiting[0], &waiting[1], n_waiting * sizeof(next));
		if (wanted)
			ul_replay_add(&job);
	}
	ul_lock_drop(&ul_baton);
}

static void load(void)
{
	bool damaged;
	int error = ul_replay_load(fd, &header, &record, &damaged);

	close(fd);
	fd = -1;
	if (error) {
		ul_log(UL_LOG_WARNING, "replay: %s: %e; nothing is replayed",
		       path, error);
		record.n_regions = 0;
	} else if (damaged) {
		say("is damaged; what of it makes sense is replayed");
	} else if (!header.end_ns) {
		say("is unfinished, for its process was killed or still runs; "
		    "it is replayed as far as it goes");
	}
}

void ul_replay_serve(void)
{
	load();
	for (;;) {
		uint32_t seen = news;

		make_jobs();
		ul_futex_wait(&news, seen);
	}
}
