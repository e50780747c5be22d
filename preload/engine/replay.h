/* SPDX-License-Identifier: MIT */
/*
 * replay.h - filling what an earlier run has touched, ahead of the faults
 *
 *      keeper             replay's thread            workers, readers
 *      ------             ---------------            ----------------
 *      opens the record
 *      makes a region ──► reads the record
 *                         finds the region in it,
 *                         makes a job of it ───────► fill what is missing, a
 *                                                    batch at a time, in the
 *                                                    recorded order
 *
 * Nothing depends on it: a page that was not replayed faults. So a record that
 * is old, of another program, or broken costs a line on standard error and
 * nothing else, and a page that cannot be had is left to its fault.
 */
#ifndef UL_REPLAY_H
#define UL_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/engine/fault.h"
#include "preload/engine/region.h"
#include "preload/engine/trace_abi.h"

/* --- replay.c --- */

/* Find out which record is meant. Context: the engine's start. */
void ul_replay_init(void);
/* Is there a record to replay? Then a thread shall call ul_replay_serve.
 * Context: the keeper's start, in its own descriptor table. */
bool ul_replay_open(void);
/* Will somebody want to know of regions? Under the baton. */
bool ul_replay_runs(void);
/* A region was made, and will be looked for in the record. Under the baton. */
void ul_replay_region(struct ul_region *region,
		      const struct ul_trace_region *entry, uint64_t key);
/* All of it begins somewhere else now: it was moved. Under the baton. */
void ul_replay_moved(uint64_t made, uintptr_t start);
/* For ever. Context: a thread of our own. */
void ul_replay_serve(void);
/* Said once. Context: any thread of ours. */
void ul_replay_say_shorter(const char *rule);
/* The process exits: was it the right record? Context: any thread. */
void ul_replay_finish(void);
/* In a fork's child: nothing is replayed there. */
void ul_replay_forked(void);

/* --- replay_fill.c --- */

/* A region of this run that is one of the record. */
struct ul_replay_job {
	const struct ul_replay_region *recorded;
	const struct ul_replay_fill *fills;	/* its own, in their order */
	size_t next;				/* of them */
	uint64_t made;				/* ul_region's */
	uintptr_t start;
	uint64_t length;			/* bytes */
};

/* There is something more to fill. Context: the replay's thread, under the baton. */
void ul_replay_add(const struct ul_replay_job *job);
/* As ul_replay_moved, of what is to be filled. */
void ul_replay_fills_moved(uint64_t made, uintptr_t start);
/* Fill the next of it. False: there is none. Under the baton, which is let go
 * of meanwhile. */
bool ul_replay_work(struct ul_filler *filler);
/* Does a page lie in what is being filled now? Under the baton. */
bool ul_replay_is_near(const struct ul_region *region, uintptr_t page);
/*
 * A page is there for which a thread waits, and will be woken afterwards: go on
 * until the rest of the batch is there too, for 4 ms at most. Under the
 * baton, which is let go of meanwhile.
 */
void ul_replay_keep_company(struct ul_filler *filler);
/* In a fork's child. */
void ul_replay_drop_all(void);

/* --- replay_load.c: a record, read into memory and checked --- */

struct ul_replay_fill {
	uint64_t offset;		/* bytes from the region's first one */
	uint32_t length;		/* bytes */
	uint32_t order : 31;		/* its place among all of the record */
	uint32_t zeros : 1;		/* zeros that were written */
};

struct ul_replay_region {
	uint64_t key, ordinal;
	uint64_t length, store_offset, store_length;	/* bytes */
	char store[48];
	char rule[64];
	size_t first, count;		/* of the fills, in their order */
};

struct ul_replay_record {
	struct ul_replay_region *regions;
	struct ul_replay_fill *fills;	/* one region's after the other's */
	size_t n_regions, n_fills;
};

/* Look at an open file's header, and no more: NULL, or a phrase that goes on
 * after the file's name. May block. Allocates: no. */
const char *ul_replay_check(int fd, const char *command,
			    struct ul_trace_header *header);
/* Read the tables, at most as much as a record of ours can have. Returns 0 or
 * -errno; *damaged: something in it was not as it must be, and left out. May
 * block; memory comes from mmap(2). */
int ul_replay_load(int fd, const struct ul_trace_header *header,
		   struct ul_replay_record *record, bool *damaged);

#endif
