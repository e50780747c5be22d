/* SPDX-License-Identifier: MIT */
/*
 * zone.c - where our own mappings lie
 *
 * A program may count on a hole that it has made: it unmaps a part of what it
 * has, maps something else, and then lays new memory over the hole, or unmaps
 * the whole once more. The kernel would have put what we map meanwhile right
 * there. So ours lie far away from the program's.
 *
 * The engine and the libraries that it brings along (libunwind maps a lot) look
 * into the engine first, and find this mmap(2). What becomes the program's
 * memory is mapped past it, by ul_place_mmap_plain().
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/place.h"

#define EXPORT __attribute__((visibility("default")))
#define TRIES 64

#ifdef __LP64__
#define ZONE_SIZE ((uintptr_t)64 << 30)
#else
#define ZONE_SIZE ((uintptr_t)0)	/* there is no room to be far away */
#endif

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static _Atomic uintptr_t used;		/* bytes; the zone is a ring */

/* Below where the kernel maps by itself, from the top down. Machines have 38 or
 * 39 bits of addresses, 42 (AArch64 with pages of 64 KiB), or 47 and more. */
static uintptr_t zone_start(void)
{
	uintptr_t here = (uintptr_t)&used & ~(((uintptr_t)1 << 30) - 1);
	uintptr_t away = here >> 44 ? (uintptr_t)8 << 40 :
			 here >> 40 ? (uintptr_t)1 << 39 :
				      2 * ZONE_SIZE;

	return here > away + ZONE_SIZE ? here - away : 0;
}

static void *map_in_zone(size_t length, int prot, int flags, int fd,
			 off_t offset)
{
	uintptr_t start = zone_start();
	size_t size = ul_round_up(length);
	void *at = MAP_FAILED;

	if (!start || size < length || size > ZONE_SIZE / 2)
		return MAP_FAILED;
	for (int i = 0; i < TRIES; i++) {
		uintptr_t from = atomic_fetch_add(&used, size) % ZONE_SIZE;
		void *wanted = (void *)(start + from);

		if (from > ZONE_SIZE - size)
			continue;
		at = ul_place_mmap_plain(wanted, length, prot,
					 flags | MAP_FIXED_NOREPLACE, fd,
					 offset);
		if (at == wanted)
			return at;
		if (at != MAP_FAILED) {	/* before Linux 4.17 */
			munmap(at, length);
			return MAP_FAILED;
		}
		if (errno != EEXIST)
			return at;
	}
	return at;
}

EXPORT void *mmap(void *address, size_t length, int prot, int flags, int fd,
		  off_t offset)
{
	int saved = errno;
	void *at;

	if (!address && !(flags & MAP_FIXED) && length) {
		at = map_in_zone(length, prot, flags, fd, offset);
		if (at != MAP_FAILED)
			return at;
		errno = saved;
	}
	return ul_place_mmap_plain(address, length, prot, flags, fd, offset);
}

#ifdef __LP64__
EXPORT void *mmap64(void *address, size_t length, int prot, int flags, int fd,
		    off_t offset) __attribute__((alias("mmap")));
#endif
