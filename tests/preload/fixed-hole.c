/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program finds a free place by mapping and unmapping, and then maps
 * its memory right there, before anything of it was lazy. What we map ourselves
 * at a first lazy mapping must not lie in that place: it would be overlaid. Nor
 * may what we map meanwhile lie in a hole that the program keeps for later.
 */
#include "config.h"

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Where length bytes are free, found in a way that nobody sees. */
static char *find_place(size_t length)
{
	char *place = raw_mmap(NULL, length, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(place != MAP_FAILED && raw_munmap(place, length) == 0);
	return place;
}

static void use(size_t length, int how, bool file)
{
	size_t real = file ? PATTERN_LENGTH : length;
	char *place = find_place(real);
	char *at = mmap(place, real, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | how | (file ? 0 : MAP_ANONYMOUS),
			file ? open_file() : -1, 0);

	CHECK(at == place);
	CHECK(holds(at, file ? file_at : memory_at, 0, real));
	memset(at, 1, real);
	for (size_t i = 0; i < real; i++)
		CHECK(at[i] == 1);
	CHECK(munmap(at, real) == 0);
}

/* A tail is given back; memory becomes lazy, by another call each time, whose
 * call site is another; then something is laid over the hole, or all is unmapped
 * once more. */
static void keep_hole(size_t pages, bool unmap)
{
	size_t hole = pages * PAGE;
	char *place = raw_mmap(NULL, PAGE + hole, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *lazy;

	CHECK(place != MAP_FAILED && raw_munmap(place + PAGE, hole) == 0);
	lazy = map_anonymous(64 * MIB);
	CHECK(holds(lazy, memory_at, 0, 4 * MIB));
	if (unmap) {
		CHECK(raw_munmap(place, PAGE + hole) == 0);
	} else {
		CHECK(raw_mmap(place + PAGE, hole, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			       0) == place + PAGE);
		memset(place + PAGE, 0xff, hole);
	}
	lazy = allocate(64 * MIB);
	CHECK(holds(lazy, memory_at, 0, 4 * MIB));
	lazy = map_anonymous(MIB);
	CHECK(holds(lazy, memory_at, 0, MIB));
	lazy = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	CHECK(holds(lazy, file_at, 0, PATTERN_LENGTH));
}

int main(void)
{
	static const size_t holes[] = { 1, 2, 3, 8, 15, 16, 17, 64, 129, 256 };
	static const size_t lengths[] = { MIB, 8 * MIB, 64 * MIB };

	/* The first of a process, each. */
	for (size_t i = 0; i < 9; i++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (!child) {
			use(lengths[i % 3],
			    i / 3 == 1 ? MAP_FIXED_NOREPLACE : MAP_FIXED,
			    i / 3 == 2);
			_exit(0);
		}
		wait_for(child);
	}
	for (size_t i = 0; i < 2 * sizeof(holes) / sizeof(*holes); i++) {
		pid_t child = fork();

		CHECK(child >= 0);
		if (!child) {
			keep_hole(holes[i / 2], i % 2);
			_exit(0);
		}
		wait_for(child);
	}
	use(MIB, MAP_FIXED, false);
	use(MIB, MAP_FIXED, true);
	return 0;
}
