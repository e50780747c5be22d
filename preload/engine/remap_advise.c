/* SPDX-License-Identifier: MIT */
/*
 * remap_advise.c - the program gives memory of ours back, or says what is to
 * become of it; see remap.c
 */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/fault.h"
#include "preload/engine/handler.h"
#include "preload/engine/region.h"
#include "preload/engine/remap.h"

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

static int advise_plainly(uintptr_t start, uintptr_t end, int advice)
{
	return madvise((void *)start, end - start, advice) < 0 ? -errno : 0;
}

/*
 * The kernel passes over holes (ENOMEM), and what it has done before a mapping
 * that it refuses stays done. It does not say how far it came: that is found
 * out by asking again for less. Returns the end of what is done.
 */
static uintptr_t advise_in_part(const struct ul_range *range, int advice,
				int *error)
{
	uintptr_t done = range->start, bad = range->end;

	*error = advise_plainly(done, bad, advice);
	if (!*error || *error == -ENOMEM)
		return bad;
	while (bad > done && bad - done > ul_page_size) {
		uintptr_t middle = done + (((bad - done) / 2) &
					   ~(ul_page_size - 1));
		int half = advise_plainly(done, middle, advice);

		if (!half || half == -ENOMEM)
			done = middle;
		else
			bad = middle;
	}
	return done;
}

/*
 * Guard pages take the bytes away without an event, and the kernel lets a copy
 * overwrite them. So they come while nothing can be placed, what is on its way
 * there is thrown away, and for the books they are filled: nobody plans to. Who
 * has touched a page before it was one touches it again.
 */
static int guard_job(void *argument)
{
	const struct ul_range *range = argument;
	int error;
	uintptr_t end = advise_in_part(range, MADV_GUARD_INSTALL, &error);

	ul_registry_discard(range->start, end);
	ul_registry_occupy(range->start, end);
	ul_registry_note_guards(range->start, end, true);
	if (end > range->start)
		ul_fault_meet_guards(range->start, end);
	return error;
}

static int unguard_job(void *argument)
{
	const struct ul_range *range = argument;
	int error;
	uintptr_t end = advise_in_part(range, MADV_GUARD_REMOVE, &error);

	ul_registry_note_guards(range->start, end, false);
	return error;
}

static int advise(uintptr_t start, uintptr_t end, int advice)
{
	uintptr_t mask = ul_page_size - 1;
	struct ul_range range = { start, (end + mask) & ~mask };

	if (advice == MADV_GUARD_INSTALL && ul_handler_runs())
		return ul_handler_ask(guard_job, &range, sizeof(range));
	if (advice == MADV_GUARD_REMOVE && ul_handler_runs())
		return ul_handler_ask(unguard_job, &range, sizeof(range));
	return advise_plainly(start, end, advice);
}

/* Memory of the program's that is a store's file to the kernel? */
static bool has_direct_memory(const void *address, size_t length)
{
	uintptr_t at = (uintptr_t)address;
	uintptr_t end = at + length;
	struct ul_sighting seen;

	if (!ul_remap_has(address, length, UL_REGION_DIRECT))
		return false;
	for (; at < end && ul_registry_look(at, end, &seen); at = seen.end)
		if ((seen.flags & UL_REGION_DIRECT) &&
		    !(seen.flags & UL_REGION_REFILLS))
			return true;
	return false;
}

/* A part of the range that lies in one region, or in none. */
static int give_back(uintptr_t start, uintptr_t end, int advice)
{
	int error = ul_direct_discard(start, end, advice);

	if (!error && advice == MADV_REMOVE &&
	    ul_remap_seems((void *)start, 1, UL_REGION_REFILLS))
		return -EACCES;		/* of a mapping that is not written */
	return error ? error : advise(start, end, advice);
}

/*
 * The kernel goes from mapping to mapping and stops at the first that it
 * refuses: what lies behind that must not be given back, direct memory, which
 * the kernel would refuse, as little as any. Holes it passes over, and says so
 * in the end (ENOMEM).
 */
static int in_order(uintptr_t start, size_t length, int advice,
		    int (*piece)(uintptr_t start, uintptr_t end, int advice))
{
	uintptr_t end = (start + length + ul_page_size - 1) &
			~(ul_page_size - 1);
	int result = 0;

	if (end <= start)
		return piece(start, start + length, advice);
	while (start < end) {
		struct ul_sighting seen;
		uintptr_t until = end;
		int error;

		if (ul_registry_look(start, end, &seen))
			until = seen.start > start ? seen.start : seen.end;
		if (until > end)
			until = end;
		error = piece(start, until, advice);
		if (error && error != -ENOMEM)
			return error;
		result = error ? error : result;
		start = until;
	}
	return result;
}

struct wipe {
	struct ul_range range;
	bool wiped;
};

static int wipe_job(void *argument)
{
	const struct wipe *wipe = argument;

	ul_registry_note_wipe(wipe->range.start, wipe->range.end, wipe->wiped);
	return 0;
}

/* A file refuses to be wiped. */
static int wipe_on_fork(uintptr_t start, uintptr_t end, int advice)
{
	struct wipe wipe = { { start, end }, advice == MADV_WIPEONFORK };
	int error;

	if (wipe.wiped && ul_remap_seems((void *)start, 1, UL_REGION_REFILLS))
		return -EINVAL;
	error = advise_plainly(start, end, advice);
	if ((!error || error == -ENOMEM) && ul_handler_runs())
		ul_handler_ask(wipe_job, &wipe, sizeof(wipe));
	return error;
}

int ul_remap_madvise(void *address, size_t length, int advice, bool posix)
{
	struct ul_passage passage;
	bool by_piece = false;
	int result = 1, error;

	if (posix || !ul_remap_is_lazy(address, length))
		return 0;
	switch (advice) {
	case MADV_FREE:
		if (ul_remap_has(address, length, UL_REGION_REFILLS))
			return -EINVAL;
		break;
	case MADV_REMOVE:
		by_piece = ul_remap_has(address, length, UL_REGION_REFILLS);
		break;
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
	case MADV_KEEPONFORK:
		break;
	case MADV_WIPEONFORK:
		/* Refused as a whole, for the program knows of no border. */
		if (has_direct_memory(address, length))
			return -EINVAL;
		break;
	default:
		return 0;		/* does not touch the bytes */
	}
	ul_passage_enter(&passage);
	if (advice == MADV_WIPEONFORK || advice == MADV_KEEPONFORK)
		error = in_order((uintptr_t)address, length, advice,
				 wipe_on_fork);
	else if (advice == MADV_GUARD_REMOVE)
		error = advise((uintptr_t)address, (uintptr_t)address + length,
			       advice);
	else if (by_piece || ul_direct_exists())
		error = in_order((uintptr_t)address, length, advice, give_back);
	else
		error = give_back((uintptr_t)address,
				  (uintptr_t)address + length, advice);
	if (error)
		result = error;
	ul_handler_settle();
	ul_passage_leave(&passage);
	return result;
}
