/* SPDX-License-Identifier: MIT */
/* room.c - see room.h */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>

#include "preload/engine/room.h"

#define STEP ((size_t)1 << 20)

int ul_room_reserve(struct ul_room *room, size_t size)
{
	void *memory = mmap(NULL, size + STEP, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	room->memory = memory;
	return 0;
}

bool ul_room_commit(struct ul_room *room, size_t needed)
{
	size_t more;

	if (needed <= room->committed)
		return true;
	more = (needed - room->committed + STEP - 1) & ~(STEP - 1);
	if (mprotect((char *)room->memory + room->committed, more,
		     PROT_READ | PROT_WRITE) < 0)
		return false;
	room->committed += more;
	return true;
}
