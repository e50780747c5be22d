/* SPDX-License-Identifier: MIT */
/*
 * inner_heap.c - memory for what libc allocates while it works for us
 *
 * The program's allocator may be in the middle of something when it maps
 * memory, with its lock taken; jemalloc maps so. What libc and its loader then
 * allocate on the engine's behalf, a new thread's table or a library's
 * thread-local data, cannot come from there: the lock is this very thread's.
 * Nor can it come from there before it has been found: dlsym(3), which looks
 * for it, may allocate as well. It comes from here, and so does what the engine
 * and its libraries allocate (heap.c): the program finds its heap as it would be
 * without us.
 *
 * A block is a bit. There is no lock, for a signal handler may come in at any
 * place, and a fork in another thread.
 */
#include "config.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/real.h"

#define WORD 64
#define PAGE 4096		/* a larger alignment costs mappings */
#define CLASSES 3

/* Blocks of each size, aligned to it or to a page, as one range; the bits of all
 * of them in one row. */
static const struct class {
	size_t block;			/* bytes */
	size_t count;			/* a multiple of WORD */
	size_t at;			/* bytes from the heap's start */
	size_t first;			/* word of taken */
} classes[CLASSES] = {
	{ 128, 6144, 0, 0 },
	{ 1024, 1024, 768 << 10, 96 },
	{ 8192, 64, 1792 << 10, 112 },
};
_Static_assert((1792 << 10) + 64 * 8192 == UL_INNER_HEAP, "see classes");

_Alignas(PAGE) char ul_inner_heap[UL_INNER_HEAP];
static _Atomic uint64_t taken[113];

/* A free block's number in the class, or its count. */
static size_t take(const struct class *class)
{
	for (size_t i = 0; i < class->count / WORD; i++) {
		_Atomic uint64_t *word = &taken[class->first + i];
		uint64_t bits = atomic_load(word);

		while (~bits) {
			int bit = __builtin_ctzll(~bits);

			if (atomic_compare_exchange_weak(
				    word, &bits, bits | UINT64_C(1) << bit))
				return i * WORD + (size_t)bit;
		}
	}
	return class->count;
}

void *ul_inner_alloc(size_t size, size_t alignment)
{
	for (size_t i = 0; i < CLASSES; i++) {
		const struct class *class = &classes[i];
		size_t number;

		if (size > class->block || alignment > class->block ||
		    alignment > PAGE)
			continue;
		number = take(class);
		if (number < class->count)
			return ul_inner_heap + class->at + number * class->block;
	}
	return NULL;
}

static const struct class *class_of(size_t at)
{
	size_t i = CLASSES - 1;

	while (at < classes[i].at)
		i--;
	return &classes[i];
}

size_t ul_inner_size(const void *block)
{
	return class_of((size_t)((const char *)block - ul_inner_heap))->block;
}

void ul_inner_free(void *block)
{
	size_t at = (size_t)((char *)block - ul_inner_heap);
	const struct class *class = class_of(at);
	size_t number = (at - class->at) / class->block;

	atomic_fetch_and(&taken[class->first + number / WORD],
			 ~(UINT64_C(1) << number % WORD));
}
