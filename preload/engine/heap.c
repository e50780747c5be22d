/* SPDX-License-Identifier: MIT */
/*
 * heap.c - where the engine's libraries allocate
 *
 * They look into the engine first, and find these. What they ask for is served
 * by the hooks, as if libc had asked on our behalf: from the inner heap while
 * there is room. So a program finds its own heap as it would be without us, and
 * whoever frees a block, a library of ours or libc, frees it in one place.
 */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

/* In libuffdlazy.so. */
extern void *ul_heap_malloc(size_t size);
extern void *ul_heap_calloc(size_t count, size_t size);
extern void *ul_heap_realloc(void *block, size_t size);
extern int ul_heap_posix_memalign(void **block, size_t alignment, size_t size);
extern void *ul_heap_aligned_alloc(size_t alignment, size_t size);
extern void ul_heap_free(void *block);

EXPORT void *malloc(size_t size)
{
	return ul_heap_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	return ul_heap_calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size)
{
	return ul_heap_realloc(block, size);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
	return ul_heap_posix_memalign(block, alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return ul_heap_aligned_alloc(alignment, size);
}

EXPORT void free(void *block)
{
	ul_heap_free(block);
}
