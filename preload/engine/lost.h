/* SPDX-License-Identifier: MIT */
/*
 * lost.h - blocks whose beginning is no region any more
 *
 * The program has mapped something over the first page of what malloc gave it,
 * or moved that page away. It is a block all the same: free(3) gives all of its
 * range back, as libc would. There is room for some of them.
 */
#ifndef UL_LOST_H
#define UL_LOST_H

#include <stddef.h>
#include <stdint.h>

/* Context: under the baton. */
void ul_lost_note(uintptr_t start, size_t size);
/* What began in [start, end) is no block: it was unmapped, not freed, or something
 * else is there. Context: under the baton. */
void ul_lost_forget(uintptr_t start, uintptr_t end);

/* The size it was asked for; 0: there is none. Context: any. */
size_t ul_lost_size(const void *block);
/* The same, and then there is none. */
size_t ul_lost_take(const void *block);

#endif
