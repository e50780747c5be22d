/* SPDX-License-Identifier: MIT */
/* mremap.h - the checks of mremap.c and mremap-raw.c. */
#ifndef UL_MREMAP_H
#define UL_MREMAP_H

#include "tests/preload/victim.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define LENGTH (1 * MIB)

typedef char *remap_fn(char *old, size_t old_length, size_t length, int flags,
		       char *to);

/* Memory with room behind it, in which it may grow. */
static char *map_with_room(size_t length, size_t room)
{
	char *all = map_anonymous(length + room);

	CHECK(munmap(all + length, room) == 0);
	return all;
}

static inline void check_moves(remap_fn *remap)
{
	char *old = map_anonymous(LENGTH);
	char *place = map_anonymous(4 * LENGTH);
	char *now;

	old[3 * PAGE] = 'w';
	now = remap(old, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	CHECK(now == place);
	CHECK(signal_of_reading(old) == SIGSEGV);
	CHECK(now[3 * PAGE] == 'w');
	now[3 * PAGE] = (char)memory_at(3 * PAGE);
	CHECK(holds(now, memory_at, 0, LENGTH));
	/* what it was laid over has its own bytes up to its end */
	CHECK(holds(place + LENGTH, memory_at, LENGTH, 3 * LENGTH));
	CHECK(munmap(place, 4 * LENGTH) == 0);

	/* A piece out of the middle. */
	old = map_anonymous(LENGTH);
	now = remap(old + 64 * PAGE, 32 * PAGE, 32 * PAGE,
		    MREMAP_MAYMOVE | MREMAP_FIXED, place);
	CHECK(now == place);
	CHECK(holds(now, memory_at, 64 * PAGE, 32 * PAGE));
	CHECK(holds(old, memory_at, 0, 64 * PAGE));
	CHECK(holds(old + 96 * PAGE, memory_at, 96 * PAGE,
		    LENGTH - 96 * PAGE));
	CHECK(signal_of_reading(old + 64 * PAGE) == SIGSEGV);
	CHECK(signal_of_reading(old + 95 * PAGE) == SIGSEGV);
	munmap(now, 32 * PAGE);
	munmap(old, LENGTH);
}

static inline void check_grows(remap_fn *remap)
{
	char *old = map_with_room(LENGTH, LENGTH);
	char *now = remap(old, LENGTH, LENGTH + 8 * PAGE, 0, NULL);

	CHECK(now == old);
	/* The new end first: nobody has told the books where it is. */
	CHECK(holds(now + LENGTH + 4 * PAGE, zero_at, 0, 4 * PAGE));
	CHECK(holds(now, memory_at, 0, LENGTH));
	CHECK(holds(now + LENGTH, zero_at, 0, 8 * PAGE));
	/* by a move */
	munmap(now, LENGTH + 8 * PAGE);
	old = map_anonymous(LENGTH);
	now = remap(old, LENGTH, 16 * LENGTH, MREMAP_MAYMOVE, NULL);
	CHECK(now != MAP_FAILED);
	CHECK(holds(now, memory_at, 0, LENGTH));
	CHECK(holds(now + LENGTH, zero_at, 0, 15 * LENGTH));
	munmap(now, 16 * LENGTH);
	/* by a move over what is lazy: none of that is left */
	old = map_anonymous(LENGTH);
	now = map_anonymous(4 * LENGTH);
	CHECK(remap(old, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED,
		    now) == now);
	CHECK(holds(now, memory_at, 0, LENGTH));
	CHECK(holds(now + LENGTH, zero_at, 0, LENGTH));
	CHECK(holds(now + 2 * LENGTH, memory_at, 2 * LENGTH, 2 * LENGTH));
	munmap(now, 4 * LENGTH);
}

static inline void check_shrinks(remap_fn *remap)
{
	char *old = map_anonymous(LENGTH);
	char *now = remap(old, LENGTH, 16 * PAGE, 0, NULL);

	CHECK(now == old);
	CHECK(holds(now, memory_at, 0, 16 * PAGE));
	CHECK(signal_of_reading(now + 16 * PAGE) == SIGSEGV);
	/* and grows again: those bytes were given back */
	now = remap(now, 16 * PAGE, 32 * PAGE, MREMAP_MAYMOVE, NULL);
	CHECK(now != MAP_FAILED);
	CHECK(holds(now, memory_at, 0, 16 * PAGE));
	CHECK(holds(now + 16 * PAGE, zero_at, 0, 16 * PAGE));
	munmap(now, 32 * PAGE);
}

static inline void check_left_behind(remap_fn *remap)
{
	char *old = map_anonymous(LENGTH);
	char *now, *place;

	old[2 * PAGE] = 'w';
	now = remap(old, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		    NULL);
	if (now == MAP_FAILED)
		return;		/* Linux before 5.7 */
	CHECK(now != old);
	CHECK(now[2 * PAGE] == 'w');
	now[2 * PAGE] = (char)memory_at(2 * PAGE);
	CHECK(holds(now, memory_at, 0, LENGTH));
	CHECK(holds(old, zero_at, 0, LENGTH));
	old[PAGE] = 'x';
	CHECK(old[PAGE] == 'x');
	munmap(old, LENGTH);
	/* where it is wanted, if that is free */
	place = map_anonymous(8 * LENGTH);
	CHECK(munmap(place, 8 * LENGTH) == 0);
	place += 2 * LENGTH;
	old = remap(now, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		    place);
	CHECK(old == place);
	CHECK(holds(old, memory_at, 0, LENGTH));
	CHECK(holds(now, zero_at, 0, LENGTH));
	CHECK(remap(old, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		    now + 1) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(remap(old, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		    old + PAGE) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	munmap(old, LENGTH);
	munmap(now, LENGTH);
}

static inline void check_file(remap_fn *remap)
{
	char *old = map_file(PATTERN_LENGTH, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE);
	char *now;

	CHECK(holds(old + PAGE, file_at, PAGE, 10));
	old[PAGE] = 'w';
	now = remap(old, PATTERN_LENGTH, PATTERN_LENGTH,
		    MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	if (now != MAP_FAILED) {
		CHECK(now[PAGE] == 'w');
		now[PAGE] = (char)file_at(PAGE);
		CHECK(holds(now, file_at, 0, PATTERN_LENGTH));
		/* the place it left is the same file's still */
		CHECK(holds(old, file_at, 0, PATTERN_LENGTH));
		munmap(now, PATTERN_LENGTH);
	}
	munmap(old, PATTERN_LENGTH);

	/* A file's mapping grows into the file's next bytes, and past its end
	 * there is nothing. */
	old = map_file(LENGTH, PROT_READ, MAP_PRIVATE);
	now = remap(old, LENGTH, 8 * MIB, MREMAP_MAYMOVE, NULL);
	CHECK(now != MAP_FAILED);
	CHECK(holds(now, file_at, 0, PATTERN_LENGTH));
	CHECK(signal_of_reading(now + 4 * MIB) == SIGBUS);
	munmap(now, 8 * MIB);
}

#endif
