/* SPDX-License-Identifier: MIT */
/*
 * placing.h - pages that are placed without the baton
 *
 * The copy into place takes as long as all else that a fault needs, or longer, and
 * two threads that fault would wait for each other's. So who places them lets go of
 * the baton for it. Still no event may be read between the look into the books and
 * the kernel's: from then on it is the kernel that keeps changes away, until the copy
 * is done. So
 *
 *   - who is about to read messages waits until all such copies have begun, which
 *     is seen by their first page; reads one message at a time while they go on;
 *     and if that is an event, waits for their end before it is applied;
 *   - who takes the baton for anything else (ul_baton_lock, ul_baton_take,
 *     ul_baton_borrow) waits for their end, and finds it as if it had been held.
 *     To serve faults it is taken by ul_baton_join;
 *   - while it goes on it looks like the load before it (struct ul_filler), and
 *     what was looked up is looked up again;
 *   - only zeros are placed so, and what comes back from the store when it is given
 *     back (UL_REGION_REFILLS). Before Linux 6.9 madvise(2) does not wait for a copy,
 *     which may put a page there that was taken away.
 *
 * What is left: the kernel begins anew where its source is not in memory just
 * then, and a raw call's event may be read in between. Ours was written a moment
 * before; and unless two such calls follow, the copy finds no mapping.
 */
#ifndef UL_PLACING_H
#define UL_PLACING_H

#include <stdbool.h>
#include <stdint.h>

/* Place [start, end) without the baton, which is let go of. Under the baton. -1: not
 * now, it is still held; or what ends it: */
int ul_placing_begin(uintptr_t start, uintptr_t end);
/* The copy has returned. The baton is taken again, as by ul_baton_join. */
void ul_placing_end(int slot);

/* Under the baton, all of them. */
bool ul_placing_goes_on(void);
void ul_placing_await_begun(void);
void ul_placing_await_end(void);

/* Does somebody wait for an end? Context: any; a hint. */
bool ul_placing_is_awaited(void);

/* In a fork's child: nobody places. */
void ul_placing_forget(void);

#endif
