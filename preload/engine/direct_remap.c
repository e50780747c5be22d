/* SPDX-License-Identifier: MIT */
/*
 * direct_remap.c - mremap(2) of a direct region
 *
 * The program knows one mapping, the kernel several, and mremap(2) takes one at
 * a time. So a place is made first, with what the memory has grown by at its
 * end, and the pieces move into it one by one; what is one mapping and grows into
 * its file is left to the kernel.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/maps.h"
#include "preload/engine/place.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define PIECES 512
/* A place takes no memory, of which there may not be twice as much. */
#define PLACE_FLAGS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

struct change {
	uintptr_t from, to;
	size_t old_length, length;	/* whole pages */
	int flags;			/* MREMAP_* */
	const struct ul_region *region;
	bool anonymous;			/* what it grows by is zeros */
	size_t own;			/* by how much the last piece grows */
	int n_pieces;
};

/* What lies in the old range now; more than a few have memory of their own for the
 * time. Inside the passage. */
static struct ul_mapping few[PIECES], *pieces = few;
static int room = PIECES;

/* The kernel refuses all others, and shall say why. */
static bool is_valid(const struct change *change, const void *target)
{
	bool fixed = change->flags & MREMAP_FIXED;
	bool left = change->flags & MREMAP_DONTUNMAP;
	uintptr_t to = (uintptr_t)target;

	return !(change->flags &
		 ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
	       !(change->from & (ul_page_size - 1)) && change->length &&
	       (!(fixed || left) || (change->flags & MREMAP_MAYMOVE)) &&
	       (!left || change->length == change->old_length) &&
	       (!(fixed || left) ||
		(!(to & (ul_page_size - 1)) &&
		 (to + change->length <= change->from ||
		  change->from + change->old_length <= to)));
}

static void drop_room(void)
{
	if (pieces != few)
		munmap(pieces, (size_t)room * sizeof(*pieces));
	pieces = few;
	room = PIECES;
}

static bool make_room(int wanted)
{
	void *made;

	drop_room();
	made = mmap(NULL, (size_t)wanted * sizeof(*pieces),
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return false;
	pieces = made;
	room = wanted;
	return true;
}

static int list_pieces(struct change *change)
{
	uintptr_t at = change->from;

	while ((change->n_pieces = ul_maps_list(at, at + change->old_length,
						pieces, room)) == room)
		if (room > INT_MAX / 4 || !make_room(4 * room))
			return -ENOMEM;
	if (change->n_pieces < 0)
		return -ENOMEM;
	for (int i = 0; i < change->n_pieces; i++) {
		if (pieces[i].start != at)
			return -EFAULT;	/* a hole */
		at = pieces[i].end;
	}
	return at == change->from + change->old_length ? 0 : -EFAULT;
}

static size_t growth(const struct change *change)
{
	return change->length > change->old_length ?
		       change->length - change->old_length :
		       0;
}

/* The last piece itself grows by the next bytes of the store's file, as far as the
 * store has them. The kernel has that file whatever its path is. */
static size_t growth_of_file(const struct change *change)
{
	const struct ul_region *region = change->region;
	uint64_t total = ul_store_length(region->store);
	uint64_t offset = region->store_offset +
			  (change->from + change->old_length - region->start);
	uint64_t backed = total > offset ? total - offset : 0;
	size_t more = growth(change);

	if (change->anonymous)
		return 0;
	return backed < more ? ul_round_up(backed) : more;
}

/* What it grows by behind that takes the place of [at, at + length). */
static int lay_rest(const struct change *change, uintptr_t at, size_t length)
{
	int prot = pieces[change->n_pieces - 1].prot;
	int flags = change->region->flags & UL_REGION_NORESERVE ?
			    MAP_NORESERVE :
			    0;

	if (!change->anonymous)
		return ul_place_map_end((void *)at, length, prot) ? -ENOMEM : 0;
	return mmap((void *)at, length, prot,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1,
		    0) == MAP_FAILED ? -ENOMEM : 0;
}

static int add_rest(const struct change *change, uintptr_t at, size_t length)
{
	void *made = mmap((void *)at, length, PROT_NONE,
			  PLACE_FLAGS | MAP_FIXED_NOREPLACE, -1, 0);
	int error;

	if (made == MAP_FAILED)
		return -ENOMEM;
	error = made == (void *)at ? lay_rest(change, at, length) : -ENOMEM;
	if (error)
		munmap(made, length);
	return error;
}

/* Right behind it, if there is room. Returns 0 or -errno. */
static int grow_here(struct change *change)
{
	const struct ul_mapping *last = &pieces[change->n_pieces - 1];
	size_t length = last->end - last->start;
	size_t more = growth(change), own = change->own;
	int error = 0;

	if (own && mremap((void *)last->start, length, length + own, 0) ==
			   MAP_FAILED)
		return -ENOMEM;
	if (own < more)
		error = add_rest(change, last->end + own, more - own);
	if (!error)
		change->to = change->from;
	else if (own)
		munmap((void *)last->end, own);
	return error;
}

/* The memory is at `at` from now on; with MREMAP_FIXED what lay there is gone. */
static void settle_at(struct change *change, void *at)
{
	change->to = (uintptr_t)at;
	if (!(change->flags & MREMAP_FIXED))
		return;
	ul_passage_done();
	ul_direct_forget(change->to, change->to + change->length);
}

/* A place for all of it, with the new end already right. */
static int make_place(struct change *change, void *target)
{
	int fixed = change->flags & MREMAP_FIXED ? MAP_FIXED : 0;
	size_t there = change->old_length + change->own;
	char *at;
	int error = 0;

	if (fixed)
		ul_passage_announce(target, change->length);
	at = ul_place_mmap_plain(target, change->length, PROT_NONE,
				 PLACE_FLAGS | fixed, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	settle_at(change, at);
	if (there < change->length)
		error = lay_rest(change, change->to + there,
				 change->length - there);
	if (error)
		munmap(at, change->length);
	return error;
}

static bool move_piece(uintptr_t from, size_t length, uintptr_t to, size_t more,
		       int flags)
{
	return mremap((void *)from, length, length + more,
		      MREMAP_MAYMOVE | MREMAP_FIXED | flags,
		      (void *)to) != MAP_FAILED;
}

/* All of the pieces, or none. The last one grows on the way. */
static int move_pieces(const struct change *change)
{
	int left = change->flags & MREMAP_DONTUNMAP;
	uintptr_t far = change->to - change->from;
	int i, error;

	for (i = 0; i < change->n_pieces; i++) {
		bool last = i == change->n_pieces - 1;
		uintptr_t at = pieces[i].start;

		if (!move_piece(at, pieces[i].end - at, at + far,
				last ? change->own : 0, left))
			break;
	}
	if (i == change->n_pieces)
		return 0;
	error = -errno;
	while (i--)
		move_piece(pieces[i].start + far,
			   pieces[i].end - pieces[i].start, pieces[i].start, 0,
			   0);
	munmap((void *)change->to, change->length);
	return error;
}

/* MREMAP_DONTUNMAP: a file is there still, and anonymous memory is zeros. */
static void leave_zeros(const struct change *change)
{
	for (int i = 0; change->anonymous && i < change->n_pieces; i++)
		mmap((void *)pieces[i].start, pieces[i].end - pieces[i].start,
		     pieces[i].prot,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void keep_books(const struct change *change)
{
	uintptr_t end = change->to + change->length;
	size_t kept = change->length < change->old_length ?
			      change->length :
			      change->old_length;
	struct ul_region *region;

	ul_baton_lock();
	if (kept < change->old_length)
		ul_registry_remove(change->from + kept,
				   change->from + change->old_length);
	if (change->to != change->from)
		ul_registry_move(change->from, change->from + kept, change->to);
	region = ul_registry_find(change->to);
	if (region && region->end < end && region->end == change->to + kept)
		ul_region_grow(region, end);
	ul_lock_drop(&ul_baton);
}

/* Nothing of ours lies there but what the kernel serves. */
static bool is_plain(uintptr_t at, uintptr_t end)
{
	struct ul_sighting seen;

	for (; at < end && ul_registry_look(at, end, &seen); at = seen.end)
		if (!(seen.flags & UL_REGION_PLAIN))
			return false;
	return true;
}

/* The kernel's own change. Inside the passage. */
static int follow(struct change *change, void *target)
{
	void *at;

	if (change->flags & MREMAP_FIXED)
		ul_passage_announce(target, change->length);
	at = mremap((void *)change->from, change->old_length, change->length,
		    change->flags, target);
	if (at == MAP_FAILED)
		return -errno;
	settle_at(change, at);
	keep_books(change);
	return 0;
}

/* The kernel can do it where it has one mapping, which grows into the file. It
 * grows no other (EFAULT), so that one is tried, without a look into /proc; with
 * MREMAP_FIXED what is to be replaced would be gone already. */
static bool may_follow(const struct change *change)
{
	return change->own && change->own == growth(change) &&
	       !(change->flags & MREMAP_FIXED);
}

/* Inside the passage. */
static int carry_out(struct change *change, void *target)
{
	bool stays = !(change->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP));
	int error = may_follow(change) ? follow(change, target) : -EFAULT;

	if (error != -EFAULT)
		return error;
	error = list_pieces(change);
	if (error)
		return error;
	/* What is cut off goes first, whatever becomes of the rest. */
	if (change->length < change->old_length) {
		munmap((void *)(change->from + change->length),
		       change->old_length - change->length);
		ul_direct_forget(change->from + change->length,
				 change->from + change->old_length);
		change->old_length = change->length;
		error = list_pieces(change);
		if (error)
			return error;
	}
	change->to = change->from;
	if (!stays || grow_here(change) < 0) {
		if (!(change->flags & MREMAP_MAYMOVE))
			return -ENOMEM;
		error = make_place(change, target);
		if (!error)
			error = move_pieces(change);
		if (error)
			return error;
		if (change->flags & MREMAP_DONTUNMAP)
			leave_zeros(change);
	}
	keep_books(change);
	return 0;
}

static bool has_direct(uintptr_t at, uintptr_t end)
{
	struct ul_sighting seen;

	for (; at < end && ul_registry_look(at, end, &seen); at = seen.end)
		if (seen.flags & UL_REGION_DIRECT)
			return true;
	return false;
}

static bool is_cut_here(const struct change *change)
{
	return change->length <= change->old_length &&
	       !(change->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP));
}

/* The kernel cuts the end off in place whatever lies there, several mappings,
 * lazy ones and holes. Inside the passage. */
static int cut_here(struct change *change)
{
	uintptr_t end = change->from + change->length;
	uintptr_t old_end = change->from + change->old_length;

	if (!has_direct(change->from, old_end))
		return -ENOENT;
	if (end < old_end)
		ul_passage_announce((void *)end, old_end - end);
	if (mremap((void *)change->from, change->old_length, change->length,
		   change->flags) == MAP_FAILED)
		return -errno;
	ul_passage_done();
	ul_direct_forget(end, old_end);
	change->to = change->from;
	return 0;
}

/* What begins with a direct one; -ENOENT: it does not. Inside the passage. */
static int carry_or_follow(struct change *change, void *target)
{
	uintptr_t end = change->from + change->old_length;
	struct ul_sighting seen;
	int error;

	if (!ul_registry_look(change->from, end, &seen) ||
	    !(seen.flags & UL_REGION_DIRECT))
		return -ENOENT;
	/* With others behind it that would be one of several mappings, half done
	 * where it ends at a lazy one. */
	if (seen.flags & UL_REGION_PLAIN)
		return is_plain(change->from, end) ? follow(change, target) :
						     -EFAULT;
	if (seen.start > change->from || seen.end < end)
		return -EFAULT;
	change->region = seen.region;
	change->anonymous = !(seen.flags & UL_REGION_REFILLS);
	change->own = growth_of_file(change);
	error = carry_out(change, target);
	drop_room();
	return error;
}

int ul_direct_mremap(void *address, size_t old_length, size_t new_length,
		     int flags, void *target, void **moved)
{
	struct change change = {
		.from = (uintptr_t)address,
		.old_length = ul_round_up(old_length),
		.length = ul_round_up(new_length),
		.flags = flags,
	};
	uintptr_t end = change.from + change.old_length;
	struct ul_passage passage;
	int error;

	if (!ul_direct_exists() || !change.old_length || end < change.from ||
	    change.length < new_length || !is_valid(&change, target))
		return 0;
	ul_passage_enter(&passage);
	error = is_cut_here(&change) ? cut_here(&change) :
				       carry_or_follow(&change, target);
	ul_passage_leave(&passage);
	if (error)
		return error == -ENOENT ? 0 : error;
	*moved = (void *)change.to;
	return 1;
}
