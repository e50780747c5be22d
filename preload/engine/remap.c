/* SPDX-License-Identifier: MIT */
/*
 * remap.c - the program changes mappings of ours
 *
 * The kernel's events keep the books. What is here sees to it that they are
 * kept when the call returns, and adds what no event tells: a mapping that
 * grew, what MREMAP_DONTUNMAP leaves behind, a System V segment laid over it, a
 * shared mapping that must not become writable.
 */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/locked.h"
#include "preload/engine/place.h"
#include "preload/engine/region.h"
#include "preload/engine/remap.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* Direct ones need no thread of ours. */
bool ul_remap_is_lazy(const void *address, size_t length)
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

	if (!ul_remap_is_lazy(address, length))
		return 0;
	ul_passage_enter(&passage);
	ul_passage_announce(address, ul_round_up(length));
	if (munmap(address, length) < 0) {
		result = -errno;
	} else {
		ul_passage_done();
		ul_direct_forget((uintptr_t)address,
				 (uintptr_t)address + length);
		/* Nothing of ours may hold the file any longer. */
		if (ul_handler_runs())
			ul_handler_drop_stores();
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
			spec.prot = region->prot;
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
	bool lazy = ul_remap_is_lazy(address, old_length);
	bool populate;
	int result = lazy ? ul_direct_mremap(address, old_length, new_length,
					     flags, target, moved) :
			    0;

	if (result)
		return result;
	result = 1;
	if (!lazy && !((flags & MREMAP_FIXED) &&
		       ul_remap_is_lazy(target, new_length)))
		return 0;
	ul_passage_enter(&passage);
	ul_passage_announce(address, job.old_length);
	if (flags & MREMAP_FIXED)
		ul_passage_announce(target, job.length);
	ul_locked_grows(job.from, job.old_length, job.length);
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
	populate = ul_locked_grown((uintptr_t)*moved);
	ul_passage_leave(&passage);
	if (populate)
		ul_locked_populate((uintptr_t)*moved, job.length);
	return result;
}

bool ul_remap_seems(const void *address, size_t length, unsigned int flags)
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

bool ul_remap_has(const void *address, size_t length, unsigned int flags)
{
	struct ul_passage passage;
	char nothing = 0;

	if (!ul_remap_seems(address, length, flags))
		return false;
	ul_passage_enter(&passage);
	if (ul_handler_runs())
		ul_handler_ask(catch_up_job, &nothing, sizeof(nothing));
	ul_handler_settle();
	ul_passage_leave(&passage);
	return ul_remap_seems(address, length, flags);
}

int ul_remap_mprotect(void *address, size_t length, int prot)
{
	unsigned int forbids = 0;

	if (prot & PROT_WRITE)
		forbids |= UL_REGION_READ_ONLY;
	if (prot & PROT_EXEC)
		forbids |= UL_REGION_NO_EXEC;
	return forbids && ul_remap_is_lazy(address, length) &&
	       ul_remap_has(address, length, forbids) ? -EACCES : 0;
}

static int remove_job(void *argument)
{
	struct ul_range *range = argument;

	ul_registry_remove(range->start, range->end);
	return 0;
}

/* shmat(2) knows SHM_RND, too: the start is then that of the answer. */
int ul_remap_shmat(int id, const void *address, int flags, void **attached)
{
	struct ul_passage passage;
	struct shmid_ds segment;
	struct ul_range range;
	size_t length;
	int result = 1;

	if (shmctl(id, IPC_STAT, &segment) < 0)
		return 0;		/* then shmat knows why, too */
	length = ul_round_up(segment.shm_segsz);
	if (!ul_remap_is_lazy((const char *)address - ul_page_size,
			      length + ul_page_size))
		return 0;
	ul_passage_enter(&passage);
	*attached = shmat(id, address, flags);
	if (*attached == (void *)-1) {
		result = -errno;
	} else {
		range.start = (uintptr_t)*attached;
		range.end = range.start + length;
		if (ul_handler_runs())
			ul_handler_ask(remove_job, &range, sizeof(range));
		else
			ul_direct_forget(range.start, range.end);
	}
	ul_passage_leave(&passage);
	return result;
}
