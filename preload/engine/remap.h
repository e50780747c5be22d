/* SPDX-License-Identifier: MIT */
/*
 * remap.h - what lies where a call is made; between remap*.c
 *
 * Context: a program's thread, outside the passage.
 */
#ifndef UL_REMAP_H
#define UL_REMAP_H

#include <stdbool.h>
#include <stddef.h>

/* Does any region of ours lie there? */
bool ul_remap_is_lazy(const void *address, size_t length);
/* Has a region there one of these flags, as the books are now? Of plain ones the
 * kernel says itself what it refuses. */
bool ul_remap_seems(const void *address, size_t length, unsigned int flags);
/*
 * The same, before a call is refused for it: where another thread has just
 * unmapped a region this one may have its mapping by now, and the books are told
 * when the call of that one ends.
 */
bool ul_remap_has(const void *address, size_t length, unsigned int flags);

#endif
