/* SPDX-License-Identifier: MIT */
/*
 * touch.h - pages that a system call is about to need
 *
 * Context: a hook, in or out of the guard, in signal handlers, too. May block
 * until pages are filled. Locks: none. Allocates: no. errno stays.
 */
#ifndef UL_TOUCH_H
#define UL_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Context: the engine's start. */
void ul_touch_init(void);

/* Make the lazy pages of [start, start + length) present. False: not all of them
 * are ours to bring, or may be read; what there is of those is left alone. */
bool ul_touch_memory(uintptr_t start, size_t length);
/* Does the kernel know what this takes (MADV_POPULATE_READ, Linux 5.14)? */
bool ul_touch_is_possible(void);
bool ul_touch_is_lazy(const void *address);

/* See foretell, sandbox and fill_all in engine_api.h. The first: inside the guard;
 * not again where it is confined. */
void ul_touch_expect_confined(void);
void ul_touch_confine(bool may_advise);
bool ul_touch_is_confined(void);
void ul_touch_all(void);

#endif
