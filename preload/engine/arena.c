/* SPDX-License-Identifier: MIT */
/* arena.c - see arena.h. One free list for each power of two. */
#include "config.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/engine/arena.h"

#define SMALLEST 6			/* log2: 64 bytes */
#define LARGEST 40
#define CHUNK ((size_t)256 << 10)	/* small blocks are cut from these */

struct spare {
	struct spare *next;
};

static struct spare *spares[LARGEST + 1];	/* under the baton */
static char *chunk;
static size_t chunk_left;

static unsigned int class_of(size_t size)
{
	unsigned int class = SMALLEST;

	while (((size_t)1 << class) < size)
		class++;
	return class;
}

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void *ul_arena_alloc(size_t size)
{
	unsigned int class = class_of(size);
	size_t rounded = (size_t)1 << class;
	struct spare *spare;
	void *block;

	if (class > LARGEST)
		return NULL;
	spare = spares[class];
	if (spare) {
		spares[class] = spare->next;
		/* The pages of a big one went back, all but the link's. */
		memset(spare, 0, rounded >= CHUNK ? sizeof(*spare) : rounded);
		return spare;
	}
	if (rounded >= CHUNK / 4)
		return map(rounded);
	if (chunk_left < rounded) {
		chunk = map(CHUNK);	/* the old one's rest is forgotten */
		chunk_left = chunk ? CHUNK : 0;
		if (!chunk)
			return NULL;
	}
	block = chunk;
	chunk += rounded;
	chunk_left -= rounded;
	return block;
}

void ul_arena_free(void *block, size_t size)
{
	unsigned int class = class_of(size);
	struct spare *spare = block;

	if (!block)
		return;
	/* A big block's pages go back; what is read next time is zeros. */
	if (((size_t)1 << class) >= CHUNK &&
	    madvise(block, (size_t)1 << class, MADV_DONTNEED) < 0)
		memset(block, 0, (size_t)1 << class);	/* locked */
	spare->next = spares[class];
	spares[class] = spare;
}
