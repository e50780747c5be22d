/* SPDX-License-Identifier: MIT */
/*
 * remap.c - the program changes mappings of ours
 *
 * The kernel's events keep the books. What is here sees to it that they are
 * kept when the call returns, and adds what no event tells: a mapping that
 * grew, what MREMAP_DONTUNMAP leaves behind, guard pages, a System V segment laid
 * over it, a shared mapping that must not become writable.
 */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/place.h"
#include "preload/engine/region.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* Does any region of ours lie there? Direct ones need no thread of ours. */
static bool is_lazy(const void *address, size_t length)
{
	struct ul_sighting sighting;
	uintptr_t start = (uintptr_t)address;

	if (!length || (!ul_handler_runs() && !ul_direct_exists()) ||
	    !ul_handler_is_home())
		return false;
	ul_handler_settle();
	return ul_registry_look(start, start + length, &sighting);
}

int ul_remap_munmap(void *address, size_t length)
{
	struct ul_passage passage;
	int result = 1;

	if (!is_lazy(address, length))
		return 0;
	ul_passage_enter(&passage);
	ul_passage_announce(address, ul_round_up(length));
	if (munmap(address, length) < 0) {
		result = -errno;
	} else {
		ul_passage_done();
		ul_direct_forget((uintptr_t)address,
				 (uintptr_t)address + length);
	}
	ul_passage_leave(&passage);
	return result;
}

struct moved {
	uintptr_t from, to;
	size_t old_length, length;
	bool left_behind;		/* MREMAP_DONTUNMAP */
	struct ul_store *zero;
};

/*
 * Where the mapping was there is memory still: of a file its bytes again, else
 * zeros.
 */
static int keep_source(const struct moved *job)
{
	uintptr_t end = job->to + job->old_length;
	uintptr_t at, next;

	for (at = job->to; at < end; at = next) {
		struct ul_region *region = ul_registry_find(at);
		struct ul_region_spec spec = {
			.store = job->zero,
			.call = UL_CALL_MMAP_ANON,
			.rule = UL_NO_INDEX,
			.callsite = UL_NO_INDEX,
		};

		next = region && region->end < end ? region->end : end;
		spec.size = next - at;
		if (region) {
			spec.call = region->call;
			spec.rule = region->rule;
			spec.callsite = region->callsite;
			spec.prot = (int)region->stat->prot;
		}
		if (region && (region->flags & UL_REGION_REFILLS)) {
			spec.store = region->store;
			spec.store_offset =
				region->store_offset + (at - region->start);
			spec.flags = region->flags;
			spec.granule = region->granule;
			spec.readahead = region->readahead;
			spec.readahead_size = region->readahead_size;
			spec.timeout_ns = region->timeout_ns;
			spec.path = region->stat->path;
		}
		if (!ul_registry_add(job->from + (at - job->to), next - at,
				     &spec))
			return -ENOMEM;
	}
	return ul_uffd_register(&ul_the_uffd, job->from, job->old_length);
}

static int moved_job(void *argument)
{
	struct moved *job = argument;
	uintptr_t end = job->to + job->length;
	struct ul_region *region;

	region = ul_registry_find(job->to + (job->length < job->old_length ?
						     job->length :
						     job->old_length) -
				  1);
	if (!region)
		return 0;		/* it was not lazy up to its end */
	if (job->left_behind) {
		ul_uffd_register(&ul_the_uffd, job->to, job->length);
		keep_source(job);
	}
	return region->end < end ? ul_region_grow(region, end) : 0;
}

int ul_remap_mremap(void *address, size_t old_length, size_t new_length,
		    int flags, void *target, void **moved)
{
	size_t mask = ul_page_size - 1;
	struct ul_passage passage;
	struct moved job = {
		.from = (uintptr_t)address,
		.old_length = (old_length + mask) & ~mask,
		.length = (new_length + mask) & ~mask,
		.left_behind = flags & MREMAP_DONTUNMAP,
	};
	bool lazy = is_lazy(address, old_length);
	int result = lazy ? ul_direct_mremap(address, old_length, new_length,
					     flags, target, moved) :
			    0;

	if (result)
		return result;
	result = 1;
	if (!lazy && !((flags & MREMAP_FIXED) && is_lazy(target, new_length)))
		return 0;
	ul_passage_enter(&passage);
	ul_passage_announce(address, job.old_length);
	if (flags & MREMAP_FIXED)
		ul_passage_announce(target, job.length);
	*moved = mremap(address, old_length, new_length, flags, target);
	if (*moved == MAP_FAILED)
		result = -errno;
	else
		ul_passage_done();
	if (result == 1 && (flags & MREMAP_FIXED))
		ul_direct_forget((uintptr_t)target,
				 (uintptr_t)target + job.length);
	if (result == 1 && lazy && old_length && ul_handler_runs()) {
		job.to = (uintptr_t)*moved;
		job.zero = ul_place_zero_store();
		ul_handler_ask(moved_job, &job, sizeof(job));
	}
	ul_passage_leave(&passage);
	return result;
}

struct range {
	uintptr_t start, end;
};

/*
 * Guard pages take the bytes away without an event, and the kernel lets a copy
 * overwrite them. So they come while nothing can be placed, what is on its way
 * there is thrown away, and for the books they are filled: nobody plans to. When
 * they are guards no more who touches them finds that they are missing.
 */
static int guard_job(void *argument)
{
	struct range *range = argument;

	if (madvise((void *)range->start, range->end - range->start,
		    MADV_GUARD_INSTALL) < 0)
		return -errno;
	ul_registry_discard(range->start, range->end);
	ul_registry_occupy(range->start, range->end);
	return 0;
}

static int advise(uintptr_t start, uintptr_t end, int advice)
{
	uintptr_t mask = ul_page_size - 1;
	struct range range = { start, (end + mask) & ~mask };

	if (advice == MADV_GUARD_INSTALL && ul_handler_runs())
		return ul_handler_ask(guard_job, &range, sizeof(range));
	return madvise((void *)start, end - start, advice) < 0 ? -errno : 0;
}

/* Has a region there one of these flags, as the books are now? Of plain ones
 * the kernel says itself what it refuses. */
static bool looks_like(const void *address, size_t length, unsigned int flags)
{
	uintptr_t at = (uintptr_t)address;
	uintptr_t end = at + length;
	struct ul_sighting sighting;

	for (; at < end && ul_registry_look(at, end, &sighting);
	     at = sighting.end)
		if ((sighting.flags & flags) &&
		    !(sighting.flags & UL_REGION_PLAIN))
			return true;
	return false;
}

static int catch_up_job(void *argument)
{
	(void)argument;
	ul_handler_catch_up();
	return 0;
}

/*
 * The same, before a call is refused for it: where another thread has just
 * unmapped a region this one may have its mapping by now, and the books are told
 * when the call of that one ends.
 */
static bool has_any(const void *address, size_t length, unsigned int flags)
{
	struct ul_passage passage;
	char nothing = 0;

	if (!looks_like(address, length, flags))
		return false;
	ul_passage_enter(&passage);
	if (ul_handler_runs())
		ul_handler_ask(catch_up_job, &nothing, sizeof(nothing));
	ul_handler_settle();
	ul_passage_leave(&passage);
	return looks_like(address, length, flags);
}

/* Memory of the program's that is a store's file to the kernel? */
static bool has_direct_memory(const void *address, size_t length)
{
	uintptr_t at = (uintptr_t)address;
	uintptr_t end = at + length;
	struct ul_sighting seen;

	if (!has_any(address, length, UL_REGION_DIRECT))
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
	struct range range;
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

	if (wipe.wiped && looks_like((void *)start, 1, UL_REGION_REFILLS))
		return -EINVAL;
	error = madvise((void *)start, end - start, advice) < 0 ? -errno : 0;
	if ((!error || error == -ENOMEM) && ul_handler_runs())
		ul_handler_ask(wipe_job, &wipe, sizeof(wipe));
	return error;
}

int ul_remap_madvise(void *address, size_t length, int advice, bool posix)
{
	struct ul_passage passage;
	int result = 1, error;

	if (posix || !is_lazy(address, length))
		return 0;
	switch (advice) {
	case MADV_FREE:
		if (has_any(address, length, UL_REGION_REFILLS))
			return -EINVAL;
		break;
	case MADV_REMOVE:
		if (has_any(address, length, UL_REGION_REFILLS) &&
		    !has_any(address, length, UL_REGION_DIRECT))
			return -EACCES;	/* of a mapping that is not written */
		break;
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_GUARD_INSTALL:
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
	else if (ul_direct_exists())
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

int ul_remap_mprotect(void *address, size_t length, int prot)
{
	unsigned int forbids = 0;

	if (prot & PROT_WRITE)
		forbids |= UL_REGION_READ_ONLY;
	if (prot & PROT_EXEC)
		forbids |= UL_REGION_NO_EXEC;
	return forbids && is_lazy(address, length) &&
	       has_any(address, length, forbids) ? -EACCES : 0;
}

static int remove_job(void *argument)
{
	struct range *range = argument;

	ul_registry_remove(range->start, range->end);
	return 0;
}

/* shmat(2) knows SHM_RND, too: the start is then that of the answer. */
int ul_remap_shmat(int id, const void *address, int flags, void **attached)
{
	struct ul_passage passage;
	struct shmid_ds segment;
	struct range range;
	size_t length;
	int result = 1;

	if (shmctl(id, IPC_STAT, &segment) < 0)
		return 0;		/* then shmat knows why, too */
	length = ul_round_up(segment.shm_segsz);
	if (!is_lazy((const char *)address - ul_page_size,
		     length + ul_page_size))
		return 0;
	ul_passage_enter(&passage);
	*attached = shmat(id, address, flags);
	if (*attached == (void *)-1) {
		result = -errno;
	} else {
		range.start = (uintptr_t)*attached;
		range.end = range.start + length;
		ul_handler_ask(remove_job, &range, sizeof(range));
	}
	ul_passage_leave(&passage);
	return result;
}
