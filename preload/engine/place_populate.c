/* SPDX-License-Identifier: MIT */
/* place_populate.c - what a mapping's own pages wait for, outside of the passage; see
 * place.h */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>

#include "preload/engine/engine.h"
#include "preload/engine/place.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22		/* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

/* Before Linux 5.14 only mmap(2) itself brings the pages. */
static bool can_populate(void)
{
	return madvise(NULL, 0, MADV_POPULATE_READ) == 0;
}

/* The kernel's own answer, before anything is replaced. Without memory for the
 * question the answer is left to mlock(2). */
static bool may_lock(size_t length)
{
	void *trial = mmap(NULL, length, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				   MAP_LOCKED,
			   -1, 0);

	if (trial == MAP_FAILED)
		return errno != EAGAIN && errno != EPERM;
	munmap(trial, length);
	return true;
}

void *ul_place_mmap_empty(const struct ul_mmap_call *call)
{
	int later = MAP_LOCKED | (can_populate() ? MAP_POPULATE : 0);

	if ((call->flags & MAP_LOCKED) && !may_lock(ul_round_up(call->length)))
		return MAP_FAILED;
	return ul_place_mmap_plain(call->address, call->length, call->prot,
				   call->flags & ~later, call->fd,
				   call->offset);
}

void ul_place_populate(void *at, const struct ul_mmap_call *call)
{
	bool own = (call->prot & PROT_WRITE) &&
		   !ul_place_is_shared(call->flags);

	if (call->flags & MAP_LOCKED)
		mlock(at, call->length);
	else if ((call->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
		madvise(at, ul_round_up(call->length),
			own ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}
