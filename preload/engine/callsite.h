/* SPDX-License-Identifier: MIT */
/*
 * callsite.h - who asked for the memory
 *
 * Only what is behind this knows libunwind. Context: a hook on the program's
 * thread, in ul_scratch_call, for it takes some KiB of stack and signals must be
 * blocked; never a handler: unwinding takes the loader's locks and reads the
 * program's stack.
 */
#ifndef UL_CALLSITE_H
#define UL_CALLSITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

#define UL_CALLSITE_DEPTH 64		/* frames looked at for a rule */

struct ul_callsite {
	size_t depth;			/* 0: not unwound, or it failed */
	void *pcs[UL_CALLSITE_DEPTH];	/* innermost first, without our own */
	size_t named;			/* how many of frames are filled */
	struct ul_policy_frame frames[UL_CALLSITE_DEPTH];
	uint64_t function_offsets[UL_CALLSITE_DEPTH];
	uint64_t object_offsets[UL_CALLSITE_DEPTH];
};

/* Once, before the first call. Context: the engine's start. */
void ul_callsite_init(void);

/* An address in the library that unwinds. */
const void *ul_callsite_unwinder(void);
/* Is this function that library's? The shim's? Context: after that start. */
bool ul_callsite_is_unwinder(const void *function);
bool ul_callsite_is_shim(const void *function);

/* Collect the return addresses. Cheap: some microseconds. */
void ul_callsite_capture(struct ul_callsite *site);
/* Find the names of the first depth frames. A name is looked up once for each
 * address and kept. */
void ul_callsite_name(struct ul_callsite *site, size_t depth);

/* In a fork's child. */
void ul_callsite_fork_child(void);

#endif
