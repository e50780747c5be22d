/* SPDX-License-Identifier: MIT */
/*
 * scratch.c - see scratch.h
 *
 * The rooms of a scratch are as large as the blobs that were opened need them,
 * and there are none as long as there was no blob. Who opens one sees to it,
 * also for those that threads of ours are using: they find new rooms offered.
 * A thread of ours maps nothing itself, for its mapping could come to lie where
 * the program is just making place.
 *
 * Of large rooms, what a large frame has used is given back once smaller ones
 * come again, and until then cannot be touched: mlockall(2) would make all of
 * it resident.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "preload/store/scratch.h"
#include "preload/store/store_internal.h"

#define KEEP_BYTES ((size_t)2 << 20)

#define LASTING_MAX 128
static _Atomic(struct ul_scratch *) lasting[LASTING_MAX];
static _Atomic unsigned int n_lasting;
static _Atomic size_t wanted;		/* the largest room of any blob */

static size_t page_round(size_t bytes)
{
	return (bytes + 0xffff) & ~(size_t)0xffff;
}

/* 0: what is no blob, or has no bytes, needs none. */
static size_t room_for(const struct ul_table *table)
{
	size_t most = table->frame_max > table->packed_max ? table->frame_max :
							     table->packed_max;

	if (!most)
		return 0;
	return most > KEEP_BYTES ? page_round(most) : KEEP_BYTES;
}

static int shut(unsigned char *room, size_t size)
{
	return size == KEEP_BYTES ? 0 :
				    mprotect(room + KEEP_BYTES,
					     size - KEEP_BYTES, PROT_NONE);
}

static size_t rooms_bytes(size_t room)
{
	return 2 * room + UL_LOAD_MAX;
}

/* Packed, frame and whole, one behind the other. */
static size_t *map_rooms(size_t room)
{
	unsigned char *at = ul_pages_map(rooms_bytes(room));

	if (!at)
		return NULL;
	if (shut(at, room) < 0 || shut(at + room, room) < 0) {
		munmap(at, rooms_bytes(room));
		return NULL;
	}
	*(size_t *)at = room;
	return (size_t *)at;
}

static void drop_rooms(size_t *rooms)
{
	if (rooms)
		munmap(rooms, rooms_bytes(*rooms));
}

static void move_in(struct ul_scratch *scratch, size_t *rooms)
{
	size_t room = *rooms, old = scratch->room;
	unsigned char *left = scratch->packed;

	scratch->store_id = 0;
	scratch->room = 0;		/* until all of it is so: see below */
	atomic_signal_fence(memory_order_seq_cst);
	scratch->packed = (unsigned char *)rooms;
	scratch->frame = scratch->packed + room;
	scratch->whole = scratch->frame + room;
	scratch->packed_used = scratch->frame_used = 0;
	atomic_signal_fence(memory_order_seq_cst);
	scratch->room = room;
	if (old)
		munmap(left, rooms_bytes(old));
}

bool ul_scratch_fits(struct ul_scratch *scratch, const struct ul_table *table)
{
	size_t need = room_for(table);
	size_t *rooms;

	if (scratch->room >= need)
		return true;
	rooms = atomic_exchange(&scratch->offered, NULL);
	if (rooms)
		move_in(scratch, rooms);
	return scratch->room >= need;
}

static int offer(struct ul_scratch *scratch, size_t room)
{
	size_t *rooms;

	if (!scratch)			/* just being added, or taken back */
		return 0;
	rooms = map_rooms(room);
	if (!rooms)
		return -ENOMEM;
	drop_rooms(atomic_exchange(&scratch->offered, rooms));
	return 0;
}

int ul_scratch_prepare(const struct ul_table *table)
{
	size_t room = room_for(table), before = wanted;
	int error = 0;

	do {
		if (room <= before)
			return 0;
	} while (!atomic_compare_exchange_weak(&wanted, &before, room));
	for (unsigned int i = 0; !error && i < n_lasting; i++)
		error = offer(lasting[i], room);
	if (error)			/* the next one tries it again */
		wanted = before;
	return error;
}

int ul_scratch_lasts(struct ul_scratch *scratch)
{
	unsigned int at = atomic_fetch_add(&n_lasting, 1);
	size_t room;
	int error;

	if (at >= LASTING_MAX) {	/* never: there are fewer threads */
		atomic_fetch_sub(&n_lasting, 1);
		return -ENOMEM;
	}
	lasting[at] = scratch;
	/* A blob that was opened meanwhile. */
	room = wanted;
	error = room > scratch->room ? offer(scratch, room) : 0;
	if (error)
		lasting[at] = NULL;
	return error;
}

/*
 * Other threads went on while the fork copied their memory, piece by piece: what
 * a scratch says it holds need not be what its copy does. And one may have been
 * just moving into new rooms.
 */
void ul_scratch_forked(void)
{
	for (unsigned int i = 0; i < n_lasting; i++) {
		struct ul_scratch *scratch = lasting[i];

		if (!scratch)
			continue;
		scratch->store_id = 0;
		if (scratch->room < wanted && !scratch->offered)
			offer(scratch, wanted);
	}
}

struct ul_scratch *ul_scratch_new(void)
{
	size_t head = page_round(sizeof(struct ul_scratch));
	size_t unpacker = page_round(ul_unpacker_size());
	int saved = errno;
	unsigned char *at = ul_pages_map(head + unpacker);
	struct ul_scratch *scratch = (struct ul_scratch *)at;
	size_t room = wanted;
	size_t *rooms;

	errno = saved;
	if (!scratch)
		return NULL;
	scratch->bytes = head + unpacker;
	scratch->unpacker = ul_unpacker_init(at + head, unpacker);
	rooms = room ? map_rooms(room) : NULL;
	if (rooms)
		move_in(scratch, rooms);
	if (!scratch->unpacker || scratch->room < room) {
		ul_scratch_free(scratch);
		return NULL;
	}
	return scratch;
}

void ul_scratch_free(struct ul_scratch *scratch)
{
	int saved = errno;

	if (scratch) {
		drop_rooms(scratch->offered);
		if (scratch->room)
			munmap(scratch->packed, rooms_bytes(scratch->room));
		munmap(scratch, scratch->bytes);
	}
	errno = saved;
}

int ul_scratch_open(unsigned char *room, size_t size, size_t *used, size_t need)
{
	if (*used > KEEP_BYTES && need <= KEEP_BYTES) {
		madvise(room + KEEP_BYTES, page_round(*used) - KEEP_BYTES,
			MADV_DONTNEED);
		shut(room, size);
		*used = KEEP_BYTES;
	} else if (*used <= KEEP_BYTES && need > KEEP_BYTES &&
		   mprotect(room + KEEP_BYTES, size - KEEP_BYTES,
			    PROT_READ | PROT_WRITE) < 0) {
		return -ENOMEM;
	}
	if (need > *used)
		*used = need;
	return 0;
}
