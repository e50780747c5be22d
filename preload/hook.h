/* SPDX-License-Identifier: MIT */
/* hook.h - what the hooks share. */
#ifndef UL_HOOK_H
#define UL_HOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/engine_api.h"
#include "preload/guard.h"
#include "preload/real.h"

#define UL_EXPORT __attribute__((visibility("default")))
#define UL_LIKELY(x) __builtin_expect(!!(x), 1)
#define UL_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* The engine's table, or NULL as long as, or for ever when, the process is
 * not lazy. Set once, by the constructor. */
extern const struct ul_engine *ul_engine UL_HIDDEN;

/* The constructor is done: what it has decided stays. */
extern bool ul_is_started UL_HIDDEN;

/* No hook makes a system call of its own any more; see sandbox.h. */
extern atomic_bool ul_is_confined UL_HIDDEN;

/* malloc sizes from here on go to the engine; SIZE_MAX without one. */
extern size_t ul_malloc_threshold UL_HIDDEN;

/*
 * Could this block be lazy, or from the inner heap? Lazy ones start on a page;
 * malloc's own blocks almost never do. NULL does too, and is cheaper to sort
 * out on the slow path.
 */
static inline bool ul_block_may_be_ours(const void *block)
{
	return ((uintptr_t)block & 4095) == 0 || ul_inner_owns(block);
}

/* hook_mmap.c: syscall(2) of a call that changes mappings. False: it is another,
 * or the kernel has to do it. */
bool ul_memory_by_number(long number, const long a[6], long *result) UL_HIDDEN;

/* Enter the guard for a hook with an engine behind it. */
static inline bool ul_hook_enter(struct ul_guard *guard)
{
	return ul_engine && !ul_is_confined && ul_guard_enter(guard);
}

#endif
