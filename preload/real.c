/* SPDX-License-Identifier: MIT */
/* real.c - finds the next functions in line; see real.h. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "preload/hook_io.h"
#include "preload/next.h"
#include "preload/real.h"

/* This thread is inside dlsym: whoever allocates now gets the inner heap's.
 * Initial-exec, because a TLS access that allocates would call us again. */
static _Thread_local int resolving __attribute__((tls_model("initial-exec")));

void ul_real_find(void *slot, const char *name)
{
	int saved = errno;
	void *found;

	resolving++;
	found = ul_next_find_one(name);
	resolving--;
	/* Without a malloc in line there is no program to preload into. */
	if (found)
		__atomic_store_n((void **)slot, found, __ATOMIC_RELAXED);
	errno = saved;
}

#define FIND(name) ul_real_find(&ul_real.name, #name)

static void find_allocator(void)
{
	FIND(malloc);
	FIND(calloc);
	FIND(realloc);
	FIND(free);
	FIND(memalign);
	FIND(aligned_alloc);
}

static void *first_malloc(size_t size)
{
	if (resolving)
		return ul_inner_alloc(size, 1);
	find_allocator();
	return ul_real.malloc(size);
}

static void *first_calloc(size_t count, size_t size)
{
	if (resolving)		/* two or three, before any is freed: zeros */
		return ul_inner_alloc(count * size, 1);
	find_allocator();
	return ul_real.calloc(count, size);
}

static void *first_realloc(void *block, size_t size)
{
	if (resolving) {
		void *copy = ul_inner_alloc(size, 1);

		if (copy && block)
			memcpy(copy, block,
			       size < ul_inner_size(block) ?
				       size :
				       ul_inner_size(block));
		return copy;
	}
	find_allocator();
	return ul_real.realloc(block, size);
}

static void first_free(void *block)
{
	if (resolving)
		return;
	find_allocator();
	ul_real.free(block);
}

static void *first_memalign(size_t alignment, size_t size)
{
	if (resolving)
		return ul_inner_alloc(size, alignment);
	find_allocator();
	return ul_real.memalign(alignment, size);
}

static void *first_aligned_alloc(size_t alignment, size_t size)
{
	return first_memalign(alignment, size);
}

struct ul_real ul_real = {
	.malloc = first_malloc,
	.calloc = first_calloc,
	.realloc = first_realloc,
	.free = first_free,
	.memalign = first_memalign,
	.aligned_alloc = first_aligned_alloc,
};

void ul_real_find_reads(void)
{
	FIND(read);
	FIND(__read_chk);
	FIND(pread);
	FIND(pread64);
	FIND(__pread_chk);
	FIND(__pread64_chk);
	FIND(readv);
	FIND(preadv);
	FIND(preadv64);
	FIND(preadv2);
	FIND(preadv64v2);
	FIND(lseek64);
	ul_io_mode &= ~(unsigned int)UL_IO_EARLY;
}

#define UL_HOOK(type, name, parameters, arguments) #name "\0"
static const char names[] =
#include "preload/hooks.def"
	;
#undef UL_HOOK

void ul_real_find_all(void)
{
	struct ul_real found;
	int saved = errno;

	resolving++;
	ul_next_find(names, sizeof(found) / sizeof(void *), (void **)&found);
	resolving--;
	if (found.malloc && found.free) {
		ul_real = found;
		ul_io_mode &= ~(unsigned int)UL_IO_EARLY;
	}
	errno = saved;
}
