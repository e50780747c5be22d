/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program lays a mapping of its own over pages of a block that
 * malloc gave it, moves them away, or unmaps them and maps anew. It is a block
 * all the same: it has its size, realloc keeps its bytes, and free gives all of
 * it back.
 *
 * modes: plain zero file blob direct
 * quiet: no
 */
#include "config.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "tests/preload/victim.h"

#define LENGTH (4 * MIB)

static void *map_over(char *at, size_t length, int how)
{
	return mmap(at, length, PROT_READ | PROT_WRITE,
		    how | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static bool is_mapped(const char *at)
{
	return msync((void *)at, PAGE, MS_ASYNC) == 0;
}

static void move_away(char *at, size_t length)
{
	char *to = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	CHECK(to != MAP_FAILED);
	CHECK(mremap(at, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	      to);
	CHECK_EQ(munmap(to, length), 0);
}

/* What is at [from, from + length) of a block is other memory by then. */
static char *replaced(size_t from, size_t length, int how, int way)
{
	char *block = launder(aligned_alloc(PAGE, LENGTH));

	if (way == 1)
		CHECK_EQ(munmap(block + from, length), 0);
	if (way == 2)
		move_away(block + from, length);
	CHECK(map_over(block + from, length, how) == block + from);
	for (size_t i = 0; i < LENGTH; i++)
		block[i] = (char)pattern_at(i);
	return block;
}

static void try(size_t from, size_t length, int how, int way)
{
	char *block = replaced(from, length, how, way);
	volatile uintptr_t old;

	CHECK(malloc_usable_size(block) >= LENGTH);
	CHECK(holds(block, pattern_at, 0, LENGTH));
	old = (uintptr_t)block;
	free(block);
	CHECK(!is_mapped((char *)old) && !is_mapped((char *)old + LENGTH - PAGE));
	block = launder(realloc(replaced(from, length, how, way), 2 * LENGTH));
	CHECK(holds(block, pattern_at, 0, LENGTH));
	block = launder(realloc(block, LENGTH / 2));
	CHECK(holds(block, pattern_at, 0, LENGTH / 2));
	free(block);
}

int main(void)
{
	static const size_t parts[][2] = {
		{ 0, PAGE }, { 0, LENGTH / 2 }, { 0, LENGTH },
		{ LENGTH / 2, LENGTH / 2 }, { LENGTH - PAGE, PAGE },
		{ MIB, 16 * PAGE },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		for (int way = 0; way < 3; way++) {
			try(parts[i][0], parts[i][1], MAP_PRIVATE, way);
			try(parts[i][0], parts[i][1], MAP_SHARED, way);
		}
	}
	return 0;
}
