/* SPDX-License-Identifier: MIT */
/* engine.h - what all of the engine knows from its start on. */
#ifndef UL_ENGINE_H
#define UL_ENGINE_H

#include "policy/policy.h"
#include "preload/engine/lock.h"
#include "preload/engine_api.h"

/* Constant after ul_engine_enter. */
extern const struct ul_shim *ul_shim;
extern struct ul_policy *ul_policy;

/*
 * A passage: one thread at a time makes or changes lazy mappings, or forks.
 * Two at once could not be told apart by the events: what one has unmapped
 * might be what the other has just mapped. No signal handler runs inside, for
 * it could want to pass, too.
 *
 * The ranges that will be unmapped are said beforehand: their events are taken
 * at their word once the call has succeeded. One that nobody has announced (a raw
 * system call) may be late, and is checked against the kernel (event.c).
 */
struct ul_passage {
	sigset_t signals;
};
struct ul_range {
	uintptr_t start, end;
};
void ul_passage_enter(struct ul_passage *passage);
/* Up to two ranges; they count until the passage is left. */
void ul_passage_announce(const void *start, size_t length);
/* The call that they were announced for has succeeded: they are off the books.
 * For a call that failed this is not said, and they stay if they are there. */
void ul_passage_done(void);
void ul_passage_leave(struct ul_passage *passage);
/* Has [start, end) been announced? Context: a reader, under the baton. */
bool ul_passage_is_announced(uintptr_t start, uintptr_t end);
/* In a fork's child, whose parent's thread is inside. */
void ul_passage_reset(void);

/* place.c: decides what a call becomes. See engine_api.h for the contracts. */
int ul_place_malloc(size_t size, size_t alignment, void **block);
int ul_place_free(void *block);
size_t ul_place_take(void *block);
int ul_place_realloc(void *block, size_t size, void **moved);
size_t ul_place_usable_size(const void *block);
int ul_place_mmap(const struct ul_mmap_call *call, void **address);

/* Once, before the first call. Returns 0 or -ENOMEM. */
int ul_place_init(void);

/* remap.c: what becomes of lazy mappings. */
int ul_remap_mremap(void *address, size_t old_length, size_t new_length,
		    int flags, void *target, void **moved);
int ul_remap_munmap(void *address, size_t length);
int ul_remap_madvise(void *address, size_t length, int advice, bool posix);
int ul_remap_mprotect(void *address, size_t length, int prot);
int ul_remap_shmat(int id, const void *address, int flags, void **attached);

/* release.c: the program wants memory for a userfaultfd of its own. */
int ul_release(uintptr_t start, size_t length);

/* fork.c */
void ul_fork_prepare(void);
void ul_fork_parent(void);
void ul_fork_child(void);
/* fork_fill.c: a child without lazy memory, because of error: fill all of it
 * now. Nobody else runs. */
void ul_fork_fill(int error);

/* summary.c: the lines at exit, if UFFDLAZY_SUMMARY asks for them. */
bool ul_summary_wanted(void);
/* Is this the program that uffdlazy-run became, not one that it started? */
bool ul_summary_is_program(void);
void ul_summary_print(void);

#endif
