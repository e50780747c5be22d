/* SPDX-License-Identifier: MIT */
/*
 * trace.h - recording first touches
 *
 * While the process runs its record is FILE.new, mapped into memory: noting a
 * fill is a copy of 32 bytes, under the baton, after the thread that waited
 * was woken. The keeper adds room before it is needed (a fault must not wait
 * for a file system), and renames the file to FILE when the process exits. A
 * process that is killed leaves FILE.new, whole up to its last fill, and FILE
 * as it was.
 *
 * One process at a time records into a file; it holds a lock on FILE.new. A
 * fork's child never does, unless the file's name has "%p" in it.
 */
#ifndef UL_TRACE_H
#define UL_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/engine/plan.h"
#include "preload/engine/region.h"
#include "preload/engine/trace_abi.h"

/* The record being written. */
struct ul_trace_log {
	/* (b) the mapped file; NULL: nothing is recorded */
	struct ul_trace_header *header;
	struct ul_trace_region *regions;	/* (b) */
	struct ul_trace_fill *fills;		/* (b) */
	/* (a) entries that the file has room for now; the keeper's to change */
	_Atomic uint64_t regions_ready, fills_ready;
};
extern struct ul_trace_log ul_trace_log;

/* When fewer entries than these are left, the keeper is told. */
#define UL_TRACE_REGIONS_LOW 64u
#define UL_TRACE_FILLS_LOW (16u << 10)

/* --- trace.c: on the fault's path. Under the baton; allocates nothing. --- */

/*
 * A region was made: note it, and tell the replay. It is looked at once, in
 * both cases for its key. Context: the keeper.
 */
void ul_trace_note_region(struct ul_region *region,
			  const struct ul_region_spec *spec);
/* A region became two, or one piece of it is gone. */
void ul_trace_note_cut(const struct ul_region *region);
void ul_trace_note_gone(const struct ul_region *region);
/* A plan was carried out, or (UL_TRACE_POISON) could not be. flags as in
 * trace_abi.h but for UL_TRACE_ZEROS. */
void ul_trace_note_fill(const struct ul_region *region,
			const struct ul_plan *plan, unsigned int flags,
			uint64_t began_ns);

/* --- trace_site.c --- */

/* The call site's text, from the statistics' table. */
void ul_trace_site(uint32_t callsite, char *text, size_t size);
/* How often a key was seen, this time with it; 0: no room to know. */
uint64_t ul_trace_ordinal(uint64_t key);

/* --- trace_file.c --- */

/* Begin the record, if one is meant. Context: the keeper's start, in its own
 * descriptor table. What goes wrong is said, and nothing is recorded. */
void ul_trace_open(void);
/* Make room for what will be noted. Context: the keeper, without the baton. */
void ul_trace_make_room(void);
/* The process exits: the record gets its name. Context: any thread. */
void ul_trace_finish(void);
/* In a fork's child: the record is the parent's. */
void ul_trace_forked(void);

/* --- trace_path.c --- */

/* Find out which file is meant. Context: the engine's start. */
void ul_trace_init(void);
/*
 * A path that was asked for: the variable's, where there is one ("": none is
 * meant), else the policy's. Made absolute into path; "" is none.
 */
void ul_trace_path(char *path, const char *variable, const char *policy);
/* The same with "%p" in its last part replaced. False: too long. */
bool ul_trace_expand(char *path, const char *pattern);
/* The pattern of the record's path; "" is none. */
const char *ul_trace_pattern(void);
/* Has it "%p", so that a fork's child has a record, too? */
bool ul_trace_is_for_each_process(void);

#endif
