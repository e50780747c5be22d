/* SPDX-License-Identifier: MIT */
/*
 * readahead.h - how much to fill, and what to fill before it is asked for
 *
 * A program that reads in sequence, up or down, makes a stream: each of its
 * faults begins where the last one's fill has ended. Every time that happens
 * the stream's window doubles, and a worker fills ahead up to there; any other
 * fault begins a stream of its own, without a window. Many threads may each
 * have theirs in one region. All under the baton.
 */
#ifndef UL_READAHEAD_H
#define UL_READAHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/engine/filler.h"
#include "preload/engine/region.h"

/* Bytes filled for one fault where neither rule nor store say otherwise. At
 * 64 KiB a fill costs less than the kernel's own faults plus memcpy. */
#define UL_GRANULE ((uint64_t)64 << 10)
/* Zeros begin with one page, for a sparse table's sake. */
#define UL_ZERO_WINDOW_MAX ((uint64_t)256 << 10)
/* Ahead of a sequence, at most, a quarter of it at a time. */
#define UL_WINDOW_MAX ((uint64_t)4 << 20)

/* Bytes of zeros to place for a fault at page. */
uint64_t ul_readahead_zero_window(const struct ul_region *region,
				  uintptr_t page);

/*
 * A fault at page is being served by a fill of [start, end). begin: it may
 * begin a stream; otherwise it was on its way already, and can only go on with
 * one. Wakes a worker where there is something to fill ahead.
 */
void ul_readahead_note(struct ul_region *region, uintptr_t page,
		       uintptr_t start, uintptr_t end, bool begin);

/* Do one fill of what should be filled ahead. False: there is none. The baton
 * is let go of meanwhile. */
bool ul_readahead_work(struct ul_filler *filler);

/* In a fork's child: nothing was read yet. */
void ul_readahead_forget(void);

#endif
