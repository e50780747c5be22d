/* SPDX-License-Identifier: MIT */
/*
 * room.h - addresses that become memory as a table grows
 *
 * A table must not move, for it is read without a lock. What nobody uses of it
 * must not be there to be touched: mlockall(2) would make all of it resident.
 * Context: one writer.
 */
#ifndef UL_ENGINE_ROOM_H
#define UL_ENGINE_ROOM_H

#include <stdbool.h>
#include <stddef.h>

struct ul_room {
	void *memory;			/* constant once made */
	size_t committed;		/* bytes, from the start */
};

/* Room for `size` bytes. Returns 0 or -ENOMEM. */
int ul_room_reserve(struct ul_room *room, size_t size);
/* See to it that the first `needed` bytes, at most `size`, can be used. */
bool ul_room_commit(struct ul_room *room, size_t needed);

#endif
