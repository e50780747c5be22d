/* SPDX-License-Identifier: MIT */
/*
 * place_malloc.c - blocks of malloc's family
 *
 * A lazy block is a mapping of its own that starts on a page; it is ours
 * because its address is in the registry, and it is freed by whoever clears
 * its size there first.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/lost.h"
#include "preload/engine/place.h"

/* A mapping of length bytes on a multiple of alignment, or NULL. */
static char *map_aligned(size_t length, size_t alignment)
{
	size_t extra = alignment > ul_page_size ? alignment : 0;
	size_t head;
	char *at;

	if (length + extra < length)
		return NULL;
	at = ul_place_mmap_plain(NULL, length + extra, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	if (!extra)
		return at;
	head = (size_t)(-(uintptr_t)at & (alignment - 1));
	if (head)
		munmap(at, head);
	if (extra - head)
		munmap(at + head + length, extra - head);
	return at + head;
}

/* The next allocator's memory, with the store's bytes in it. */
static int plain_filled(size_t size, size_t alignment, struct ul_store *store,
			uint64_t offset, void **block)
{
	int error;

	if (ul_store_is_zero(store))
		return 0;
	*block = ul_shim->memalign(alignment, size);
	if (!*block)
		return -ENOMEM;
	memset(*block, 0, size);
	error = ul_place_fill(*block, size, store, offset);
	if (!error)
		return 1;
	ul_shim->free(*block);
	return -ENOMEM;
}

static int lazy_block(size_t size, size_t alignment,
		      const struct ul_region_spec *spec, void **block)
{
	size_t length = ul_round_up(size);
	struct ul_passage passage;
	int error = -ENOMEM;
	char *at;

	ul_passage_enter(&passage);
	at = map_aligned(length, alignment);
	if (at && ul_page_is_present((uintptr_t)at))
		error = -EBUSY;		/* MCL_FUTURE: nothing is missing */
	else if (at)
		error = ul_place_register((uintptr_t)at, length, spec);
	if (at && error)
		munmap(at, length);
	ul_passage_leave(&passage);
	*block = at;
	return error ? error : 1;
}

static int direct_block(size_t size, size_t alignment,
			const struct ul_region_spec *spec, void **block)
{
	size_t length = ul_round_up(size);
	struct ul_passage passage;
	int error = -ENOMEM;
	char *at;

	ul_passage_enter(&passage);
	at = map_aligned(length, alignment);
	if (at)
		error = ul_direct_place(spec, at, length, MAP_PRIVATE);
	if (at && error)
		munmap(at, length);
	ul_passage_leave(&passage);
	*block = at;
	return error ? error : 1;
}

int ul_place_malloc(size_t size, size_t alignment, void **block)
{
	struct ul_region_spec spec = { .call = UL_CALL_MALLOC };
	struct ul_decision decision;
	int done = 0;

	/* No allocator has a block of more than that: it need not be asked who
	 * wants it. */
	if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX - size ||
	    !ul_handler_is_home() ||
	    !ul_place_decide(UL_CALL_MALLOC, size, PROT_READ | PROT_WRITE, NULL,
			     &decision))
		return 0;
	if (ul_place_rule_store(decision.rule, &spec.store) < 0)
		return -ENOMEM;		/* what it should hold cannot be had */
	ul_place_spec_from(&spec, &decision, size, PROT_READ | PROT_WRITE);
	spec.flags = UL_REGION_BLOCK;
	if (spec.direct)
		done = direct_block(size, alignment, &spec, block);
	if (done != 1)
		done = ul_handler_start();
	if (!done)
		done = lazy_block(size, alignment, &spec, block);
	if (done < 0)
		done = plain_filled(size, alignment, spec.store,
				    spec.store_offset, block);
	ul_store_put(spec.store);
	return done;
}

/* The block of ours that starts here. */
static bool find_block(const void *block, struct ul_sighting *sighting)
{
	uintptr_t at = (uintptr_t)block;

	return ul_registry_look(at, at + 1, sighting) &&
	       sighting->start == at && (sighting->flags & UL_REGION_BLOCK) &&
	       atomic_load(&sighting->region->block_size);
}

static size_t length_of(const struct ul_sighting *sighting)
{
	return ul_round_up(atomic_load(&sighting->region->block_size));
}

size_t ul_place_usable_size(const void *block)
{
	struct ul_sighting sighting;

	return find_block(block, &sighting) ? length_of(&sighting) :
					      ul_round_up(ul_lost_size(block));
}

/* There are no events in a fork's child without lazy memory, never of what is
 * direct, and not of all that may be left of a block. */
static void give_back(void *block, size_t length, bool events)
{
	struct ul_passage passage;

	ul_passage_enter(&passage);
	ul_passage_announce(block, length);
	if (munmap(block, length) == 0)
		ul_passage_done();
	if (!events) {
		ul_baton_lock();
		ul_registry_remove((uintptr_t)block, (uintptr_t)block + length);
		ul_lock_drop(&ul_baton);
	}
	ul_passage_leave(&passage);
}

/* In a child that was made behind our back nobody answers, and whoever had a
 * lock at that moment has it for ever. One that shares our memory is served by
 * its parent's threads; of direct memory it must see to the books itself. */
static bool is_away(unsigned int flags)
{
	return !ul_handler_is_home() && !(flags & UL_REGION_DIRECT);
}

/* *flags are its region's, or 0. */
static size_t take(void *block, unsigned int *flags)
{
	struct ul_sighting sighting;
	bool found = find_block(block, &sighting);

	*flags = found ? sighting.flags : 0;
	return ul_round_up(
		found ? atomic_exchange(&sighting.region->block_size, 0) :
			ul_lost_take(block));
}

size_t ul_place_take(void *block)
{
	unsigned int flags;

	return take(block, &flags);
}

int ul_place_free(void *block)
{
	unsigned int flags;
	size_t length = take(block, &flags);

	if (!length)
		return 0;
	if (is_away(flags))
		munmap(block, length);
	else
		give_back(block, length,
			  ul_handler_runs() && (flags & UL_REGION_BLOCK) &&
				  !(flags & UL_REGION_DIRECT));
	return 1;
}

struct resized {
	uintptr_t start;
	size_t length, size;
};

static int resized_job(void *argument)
{
	struct resized *job = argument;
	struct ul_region *region = ul_registry_find(job->start);
	uintptr_t end = job->start + job->length;

	if (!region || region->start != job->start)
		return -EINVAL;
	atomic_store(&region->block_size, job->size);
	return region->end < end ? ul_region_grow(region, end) : 0;
}

static int resize_direct(const struct ul_sighting *block,
			 const struct resized *job, void **moved)
{
	struct ul_sighting sighting;
	uintptr_t at;
	int done = ul_direct_mremap((void *)block->start,
				    block->end - block->start, job->length,
				    MREMAP_MAYMOVE, NULL, moved);

	if (done == 1) {
		at = (uintptr_t)*moved;
		if (ul_registry_look(at, at + 1, &sighting))
			atomic_store(&sighting.region->block_size, job->size);
	}
	return done < 0 ? 0 : done;	/* let it be copied, as libc does */
}

static int resize_lazy(const struct ul_sighting *block, struct resized *job,
		       void **moved)
{
	size_t length = block->end - block->start;
	struct ul_passage passage;
	int result = 1;

	ul_passage_enter(&passage);
	ul_passage_announce((void *)block->start, length);
	*moved = mremap((void *)block->start, length, job->length,
			MREMAP_MAYMOVE);
	if (*moved == MAP_FAILED) {
		result = 0;		/* let it be copied, as libc does */
	} else {
		ul_passage_done();
		job->start = (uintptr_t)*moved;
		ul_handler_ask(resized_job, job, sizeof(*job));
	}
	ul_passage_leave(&passage);
	return result;
}

int ul_place_realloc(void *block, size_t size, void **moved)
{
	struct resized job = { .length = ul_round_up(size), .size = size };
	struct ul_sighting sighting;
	uint64_t old_size;
	int done;

	if (!find_block(block, &sighting))
		return 0;
	if (job.length < size)
		return -ENOMEM;
	/* Let it be copied, as where the program has mapped something into it. */
	if (is_away(sighting.flags) ||
	    length_of(&sighting) != sighting.end - sighting.start)
		return 0;
	if (!(sighting.flags & UL_REGION_DIRECT) && !ul_handler_runs())
		return 0;
	/* Nobody's meanwhile: as soon as it has left, what another thread gets
	 * here and gives back is not ours, and the books do not know yet. */
	old_size = atomic_exchange(&sighting.region->block_size, 0);
	if (!old_size)
		return 0;
	done = sighting.flags & UL_REGION_DIRECT ?
		       resize_direct(&sighting, &job, moved) :
		       resize_lazy(&sighting, &job, moved);
	if (done != 1)
		atomic_store(&sighting.region->block_size, old_size);
	return done;
}
