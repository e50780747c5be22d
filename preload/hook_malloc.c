/* SPDX-License-Identifier: MIT */
/*
 * hook_malloc.c - the malloc family
 *
 * The common case is one comparison: small sizes go to the next allocator in
 * line, and so do pointers that are not page aligned. Ownership is told by the
 * address, never by a header in front of the block: our blocks start on a page
 * and are found in the engine's registry.
 */
#include "config.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/hook_touch.h"

static void free_perhaps_ours(void *block);

/*
 * Ask the engine. 0: let the next allocator serve it; else *block is the
 * answer, NULL (with errno set) where the memory's bytes cannot be had.
 *
 * On the user-mode rung what libc allocates stays plain: it hands its streams'
 * buffers to the kernel by calls that cannot be interposed. The first lazy
 * block tells the rung, and may be such a one itself.
 */
static __attribute__((noinline)) int place(size_t size, size_t alignment,
					   void **block, const void *caller)
{
	bool is_told = UL_TOUCHES();
	struct ul_guard guard;
	int done;

	if (is_told && ul_touch_is_libc(caller))
		return 0;
	if (!ul_hook_enter(&guard))
		return 0;
	done = ul_engine->malloc(size, alignment, block);
	if (done < 0)
		*block = NULL;
	ul_guard_leave_with(&guard, done);
	if (done > 0 && !is_told && UL_TOUCHES() && ul_touch_is_libc(caller)) {
		free_perhaps_ours(*block);
		return 0;
	}
	return done;
}

#define CALLER __builtin_return_address(0)

/* What libc allocates for the engine. NULL: let the next allocator serve it. */
static inline void *inner(size_t size, size_t alignment)
{
	return UL_UNLIKELY(ul_inside == UL_IN_ENGINE) ?
		       ul_inner_alloc(size, alignment) :
		       NULL;
}

/* Apart, so that the common case needs no stack and ends in a jump. */
static __attribute__((noinline)) void *
malloc_perhaps_ours(size_t size, const void *caller)
{
	void *block;

	if (ul_is_started && ul_inside != UL_IN_ENGINE)
		ul_small = ul_malloc_threshold;
	if (size >= ul_malloc_threshold && place(size, 16, &block, caller))
		return block;
	block = inner(size, 16);
	return block ? block : ul_real.malloc(size);
}

UL_EXPORT void *malloc(size_t size)
{
	if (UL_UNLIKELY(size >= ul_small))
		return malloc_perhaps_ours(size, CALLER);
	return ul_real.malloc(size);
}

UL_EXPORT void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (UL_UNLIKELY(__builtin_mul_overflow(count, size, &bytes)))
		return ul_real.calloc(count, size);
	if (UL_UNLIKELY(bytes >= ul_malloc_threshold) &&
	    place(bytes, 16, &block, CALLER))
		return block;
	block = inner(bytes, 16);
	if (UL_UNLIKELY(block != NULL))
		return memset(block, 0, bytes);
	return ul_real.calloc(count, size);
}

/* Free a block that may be ours, or anyone's. Nothing may be left out
 * here because the guard is taken: a block of ours is ours in any state. */
static __attribute__((noinline)) void free_perhaps_ours(void *block)
{
	struct ul_guard guard;
	bool entered;
	int ours = 0;

	if (!block)
		return;
	if (ul_inner_owns(block)) {
		ul_inner_free(block);
		return;
	}
	if (ul_is_confined) {
		size_t length = ul_engine->take(block);
		int saved = errno;

		/* What may not be unmapped stays; nobody else has it. */
		ours = length != 0;
		if (ours)
			UL_REAL(munmap)(block, length);
		errno = saved;
	} else if (ul_engine) {
		entered = ul_guard_enter(&guard);
		ours = ul_engine->free(block);
		if (entered)
			ul_guard_leave(&guard);
	}
	if (!ours)
		ul_real.free(block);
}

UL_EXPORT void free(void *block)
{
	if (UL_UNLIKELY(ul_block_may_be_ours(block)))
		free_perhaps_ours(block);
	else
		ul_real.free(block);
}

UL_EXPORT size_t malloc_usable_size(void *block)
{
	size_t size = 0;

	if (UL_UNLIKELY(ul_block_may_be_ours(block)) && block) {
		if (ul_inner_owns(block))
			return ul_inner_size(block);
		if (ul_engine)
			size = ul_engine->usable_size(block);
		if (size)
			return size;
	}
	return UL_REAL(malloc_usable_size)(block);
}

/* Move a block of old_size bytes to another allocator's hands. */
static void *move_block(void *block, size_t old_size, size_t size)
{
	void *moved = malloc(size);

	if (!moved)
		return NULL;
	memcpy(moved, block, old_size < size ? old_size : size);
	free(block);
	return moved;
}

/*
 * The rest of realloc: the block may be ours, or the size such that it should
 * become so. A plain block that outgrows the threshold is moved only when the
 * engine takes it; else the next allocator does what it does best.
 */
static __attribute__((noinline)) void *resize(void *block, size_t size,
					      const void *caller)
{
	struct ul_guard guard;
	void *moved = NULL;
	size_t old_size;
	int done;

	if (!block) {
		if (size >= ul_malloc_threshold &&
		    place(size, 16, &moved, caller))
			return moved;
		moved = inner(size, 16);
		return moved ? moved : ul_real.malloc(size);
	}
	if (ul_inner_owns(block))
		return move_block(block, ul_inner_size(block), size);
	old_size = ul_engine && ul_block_may_be_ours(block) ?
			   ul_engine->usable_size(block) :
			   0;
	if (!old_size) {
		old_size = UL_REAL(malloc_usable_size)(block);
		if (size < ul_malloc_threshold || old_size >= size)
			return ul_real.realloc(block, size);
		if (!place(size, 16, &moved, caller))
			return ul_real.realloc(block, size);
		if (!moved)
			return NULL;
		memcpy(moved, block, old_size);
		ul_real.free(block);
		return moved;
	}
	if (!size) {
		free(block);
		return NULL;
	}
	if (size < ul_malloc_threshold || !ul_hook_enter(&guard))
		return move_block(block, old_size, size);
	done = ul_engine->realloc(block, size, &moved);
	ul_guard_leave_with(&guard, done);
	return done == 1 ? moved : done < 0 ? NULL
					    : move_block(block, old_size, size);
}

UL_EXPORT void *realloc(void *block, size_t size)
{
	if (UL_UNLIKELY(ul_block_may_be_ours(block) ||
			size >= ul_malloc_threshold))
		return resize(block, size, CALLER);
	return ul_real.realloc(block, size);
}

UL_EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, bytes);
}

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

/* The engine's half of every aligned allocation; as place(). */
static int place_aligned(size_t alignment, size_t size, void **block,
			 const void *caller)
{
	if (UL_LIKELY(size < ul_malloc_threshold) || !is_power_of_two(alignment))
		return 0;
	return place(size, alignment, block, caller);
}

UL_EXPORT void *memalign(size_t alignment, size_t size)
{
	void *block;

	if (place_aligned(alignment, size, &block, CALLER))
		return block;
	block = inner(size, alignment);
	if (UL_UNLIKELY(block != NULL))
		return block;
	return ul_real.memalign(alignment, size);
}

UL_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	void *block;

	if (place_aligned(alignment, size, &block, CALLER))
		return block;
	block = inner(size, alignment);
	if (UL_UNLIKELY(block != NULL))
		return block;
	return ul_real.aligned_alloc(alignment, size);
}

UL_EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
	void *lazy;

	if (alignment % sizeof(void *) != 0 ||
	    !place_aligned(alignment, size, &lazy, CALLER))
		return UL_REAL(posix_memalign)(block, alignment, size);
	if (!lazy)
		return ENOMEM;
	*block = lazy;
	return 0;
}

UL_EXPORT void *valloc(size_t size)
{
	void *block;

	if (place_aligned((size_t)getpagesize(), size, &block, CALLER))
		return block;
	return UL_REAL(valloc)(size);
}

UL_EXPORT void *pvalloc(size_t size)
{
	size_t page = (size_t)getpagesize();
	void *block;

	if (size <= SIZE_MAX - page &&
	    place_aligned(page, (size + page - 1) & ~(page - 1), &block,
			  CALLER))
		return block;
	return UL_REAL(pvalloc)(size);
}

/* The same by names that only the engine asks for; see heap.c. */
#if __has_attribute(copy)
#define LIKE(name) __attribute__((alias(#name), copy(name)))
#else
#define LIKE(name) __attribute__((alias(#name)))
#endif
#define FOR_ENGINE(name)                                                       \
	UL_EXPORT extern __typeof__(name) ul_heap_##name LIKE(name)
FOR_ENGINE(malloc);
FOR_ENGINE(calloc);
FOR_ENGINE(realloc);
FOR_ENGINE(posix_memalign);
FOR_ENGINE(aligned_alloc);
FOR_ENGINE(free);
