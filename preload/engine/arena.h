/* SPDX-License-Identifier: MIT */
/*
 * arena.h - the engine's memory for its books
 *
 * From raw mmap, never registered, so that a handler may always touch it.
 * Blocks are powers of two; what is given back is kept for the next of its
 * size and never unmapped. Context: under the baton. Blocks come zeroed.
 */
#ifndef UL_ARENA_H
#define UL_ARENA_H

#include <stddef.h>

/* NULL: no memory. */
void *ul_arena_alloc(size_t size);
void ul_arena_free(void *block, size_t size);

#endif
