/* SPDX-License-Identifier: MIT */
/* locked.h - an mremap(2) that lets locked memory grow, there or elsewhere. */
#ifndef UL_LOCKED_H
#define UL_LOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hook's mremap(2) begins, of so many bytes to so many; and has succeeded, up
 * to this address. Context: a hook, inside its passage. ul_locked_grown: may the
 * new pages be populated now? Then ul_locked_populate does it, outside. */
void ul_locked_grows(uintptr_t start, size_t old_length, size_t length);
bool ul_locked_grown(uintptr_t to);
void ul_locked_populate(uintptr_t start, size_t length);

/*
 * A page is missing, the kernel places none, and it has nothing to tell: if it
 * is the kernel itself that waits for that page, let it go on. Context: one of
 * our threads, under the baton.
 */
void ul_locked_let_go(uintptr_t page);

/*
 * What is planned cannot be done, for an event comes first: read it, or let go of
 * the baton for a moment. It may be of what replaces the region, by a move that
 * waits for one of the plan's pages, wherever in it that is: who waits for them
 * is let go on after so many tries. Context: as above.
 */
struct ul_plan;
void ul_locked_await_event(const struct ul_plan *plan, unsigned int *tries);

/*
 * The thread waits for a page. Is it that hook's, which populates what has grown
 * in place? The books do not have it yet, but may still have what another
 * thread's raw munmap(2) took away there: nothing may be placed. True: it was let
 * go on. Context: as above.
 */
bool ul_locked_grows_into(uintptr_t page, uint32_t thread);

#endif
