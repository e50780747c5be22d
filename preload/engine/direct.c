/* SPDX-License-Identifier: MIT */
/* direct.c - see direct.h: placing, and giving pages back. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/maps.h"
#include "preload/engine/place.h"
#include "preload/engine/scratch.h"
#include "preload/engine/stats.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

#define PIECES 16

static atomic_bool existed;
static bool *said;			/* of a rule; inside the passage */

int ul_direct_init(void)
{
	said = calloc(ul_policy->n_rules + 1, sizeof(*said));
	return said ? 0 : -ENOMEM;
}

bool ul_direct_exists(void)
{
	return atomic_load_explicit(&existed, memory_order_relaxed);
}

void ul_direct_begin(void)
{
	atomic_store(&existed, true);
}

/* --- placing --- */

/* What of the store lies in the memory, bytes. Of a block the bytes behind its
 * own, up to the end of their page, are the store's too. */
static uint64_t bytes_of_store(const struct ul_region_spec *spec, size_t length)
{
	uint64_t total = ul_store_length(spec->store);
	uint64_t rest = total > spec->store_offset ?
				total - spec->store_offset :
				0;

	return rest < length ? rest : length;
}

/*
 * Behind a block's last byte are zeros, as in any lazy block: one page of it
 * is the program's own from the start. Asked of the kernel first, for a file
 * that was cut short would raise SIGBUS here.
 */
static int clear_rest(const struct ul_region_spec *spec, char *at,
		      uint64_t backed)
{
	size_t last = spec->size & ~(ul_page_size - 1);

	if (!(spec->flags & UL_REGION_BLOCK) || spec->size >= backed)
		return 0;
	if (madvise(at + last, ul_page_size, MADV_POPULATE_WRITE) < 0)
		return -errno;
	memset(at + spec->size, 0, backed - spec->size);
	return 0;
}

static int map_zeros(const struct ul_region_spec *spec, char *at,
		     size_t length, int flags)
{
	return mmap(at, length, spec->prot,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
			    (flags & MAP_NORESERVE),
		    -1, 0) == MAP_FAILED ? -errno : 0;
}

static int map_store(const struct ul_region_spec *spec, char *at,
		     size_t length, int flags, struct ul_store_error *why)
{
	uint64_t backed = bytes_of_store(spec, length);
	char *behind = at + ul_round_up(backed);
	int error = 0;

	strcpy(why->text, "no memory");
	if (backed)
		error = ul_store_map_at(spec->store, spec->direct->store->path,
					spec->store_offset, backed, at,
					spec->prot, flags & ~MAP_FIXED, why);
	if (!error)
		error = clear_rest(spec, at, backed);
	if (!error && (spec->flags & UL_REGION_ENDS) && behind < at + length)
		error = ul_place_map_end(behind, at + length - behind,
					 spec->prot);
	else if (!error && (flags & MAP_FIXED) && behind < at + length)
		error = map_zeros(spec, behind, at + length - behind, flags);
	return error;
}

static void say_once(const struct ul_policy_rule *rule, const char *why)
{
	if (!said[rule->index])
		ul_log(UL_LOG_WARNING,
		       "rule %s: cannot be direct: %s; filled by faults in its "
		       "place",
		       rule->name, why);
	said[rule->index] = true;
}

static void publish(void *argument)
{
	(void)argument;
	ul_stats_publish(false);
}

int ul_direct_place(const struct ul_region_spec *spec, void *at, size_t length,
		    int flags)
{
	struct ul_region_spec direct = *spec;
	struct ul_store_error why;
	int error = map_store(spec, at, length, flags, &why);

	if (error)
		say_once(spec->direct, why.text);
	direct.flags |= UL_REGION_DIRECT |
			(flags & MAP_NORESERVE ? UL_REGION_NORESERVE : 0);
	if (!error && (flags & MAP_FIXED)) {	/* what lay there is gone */
		ul_passage_done();
		ul_direct_forget((uintptr_t)at, (uintptr_t)at + length);
	}
	if (!error) {
		ul_scratch_call(publish, NULL);
		error = ul_place_register((uintptr_t)at, length, &direct);
	}
	if (!error)
		ul_direct_begin();
	else if (!(flags & MAP_FIXED))
		map_zeros(spec, at, length, flags);
	return error;
}

int ul_direct_show(const struct ul_mmap_call *call,
		   const struct ul_region_spec *spec, void **address)
{
	size_t length = ul_round_up(call->length);
	struct ul_region_spec shown = *spec;
	struct ul_passage passage;
	int error = 0;
	uintptr_t at;

	shown.flags |= UL_REGION_DIRECT | UL_REGION_PLAIN;
	ul_passage_enter(&passage);
	if (call->flags & MAP_FIXED)
		ul_passage_announce(call->address, length);
	*address = ul_place_mmap_empty(call);
	if (*address == MAP_FAILED)
		error = -errno;
	else if (call->flags & MAP_FIXED)
		ul_passage_done();
	if (!error) {
		at = (uintptr_t)*address;
		ul_direct_forget(at, at + length);
		ul_scratch_call(publish, NULL);
		if (ul_registry_init() == 0 &&
		    ul_place_register(at, length, &shown) == 0)
			ul_direct_begin();
	}
	ul_passage_leave(&passage);
	if (!error)
		ul_place_populate(*address, call);
	return error ? error : 1;
}

/* --- the books --- */

void ul_direct_forget(uintptr_t start, uintptr_t end)
{
	struct ul_sighting seen;

	if (!ul_direct_exists())
		return;
	end = ul_round_up(end);
	ul_baton_lock();
	while (start < end && ul_registry_look(start, end, &seen)) {
		uintptr_t low = seen.start > start ? seen.start : start;
		uintptr_t high = seen.end < end ? seen.end : end;

		if (seen.flags & UL_REGION_DIRECT)
			ul_registry_remove(low, high);
		start = high;
	}
	ul_lock_drop(&ul_baton);
}

/* --- giving back --- */

static bool is_locked(const struct ul_mapping *piece)
{
	/* A hint that changes nothing, and is refused for locked memory. */
	return madvise((void *)piece->start, piece->end - piece->start,
		       MADV_COLD) < 0 &&
	       errno == EINVAL;
}

/* Zeros in the place of a piece of the file. */
static int lay_zeros(const struct ul_mapping *piece, int advice)
{
	size_t length = piece->end - piece->start;
	bool locked = is_locked(piece);

	if (locked && advice != MADV_DONTNEED_LOCKED)
		return -EINVAL;		/* as the kernel has it */
	if (mmap((void *)piece->start, length, piece->prot,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	if (locked)
		syscall(SYS_mlock2, piece->start, length, 1 /* ONFAULT */);
	return 0;
}

/* [start, end) lies in one region. Something else than the store's file may
 * lie there, by a raw system call; it stays. */
static int discard_in(const struct ul_store *store, uintptr_t start,
		      uintptr_t end, int advice)
{
	uintptr_t own = (uintptr_t)ul_store_mapping(store);
	struct ul_mapping file, pieces[PIECES];
	int n = own ? ul_maps_list(own, own + 1, &file, 1) : 0;

	if (n < 1)
		return n < 0 ? -EAGAIN : 0;
	do {
		n = ul_maps_list(start, end, pieces, PIECES);
		if (n < 0)
			return -EAGAIN;
		for (int i = 0; i < n; i++) {
			int error;

			start = pieces[i].end;
			if (pieces[i].inode != file.inode ||
			    pieces[i].device != file.device ||
			    pieces[i].shared)
				continue;
			error = lay_zeros(&pieces[i], advice);
			if (error)
				return error;
		}
	} while (n == PIECES);
	return 0;
}

int ul_direct_discard(uintptr_t start, uintptr_t end, int advice)
{
	struct ul_sighting seen;
	int error = 0;

	if (!ul_direct_exists() || (start & (ul_page_size - 1)))
		return 0;
	end = start + ul_round_up(end - start);
	while (!error && start < end && ul_registry_look(start, end, &seen)) {
		uintptr_t low = seen.start > start ? seen.start : start;
		uintptr_t high = seen.end < end ? seen.end : end;

		start = high;
		if (!(seen.flags & UL_REGION_DIRECT) ||
		    (seen.flags & UL_REGION_PLAIN))
			continue;
		if (advice == MADV_REMOVE)	/* as for what it stands for */
			return seen.flags & UL_REGION_REFILLS ? -EACCES :
								-EINVAL;
		if (seen.flags & UL_REGION_REFILLS)
			continue;
		error = discard_in(seen.region->store, low, high, advice);
	}
	return error;
}
