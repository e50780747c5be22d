/* SPDX-License-Identifier: MIT */
/*
 * scratch.h - what one thread unpacks with, and where
 *
 * For store_load.c; store.h has the rest. ul_scratch_fits and ul_scratch_open
 * are on a fault's path.
 */
#ifndef UL_SCRATCH_H
#define UL_SCRATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/store/seekable.h"

/* Used by one thread at a time. */
struct ul_scratch {
	size_t bytes; /* of the mapping this lies in */
	struct ul_unpacker *unpacker;
	size_t room;			/* bytes; 0: no rooms */
	unsigned char *packed;		/* room bytes */
	unsigned char *frame;		/* room bytes */
	unsigned char *whole;		/* UL_LOAD_MAX bytes */
	size_t packed_used, frame_used; /* touched since given back */
	uint64_t store_id;		/* whose frame is in frame; 0: none */
	uint32_t frame_number;
	_Atomic(size_t *) offered;	/* new rooms; their size is in them */
};

/* Is there room in it for this blob's frames? Context: who uses the scratch. */
bool ul_scratch_fits(struct ul_scratch *scratch, const struct ul_table *table);
/* Make the first need bytes of one of its rooms usable, and give back what a
 * large frame has used of it. Returns 0 or -ENOMEM. */
int ul_scratch_open(unsigned char *room, size_t size, size_t *used,
		    size_t need);
/* See to it that there is room in all that last and all that will be made.
 * Context: an opener. Returns 0 or -ENOMEM. */
int ul_scratch_prepare(const struct ul_table *table);
/* In a fork's child, of those that last. */
void ul_scratch_forked(void);

#endif
