/* SPDX-License-Identifier: MIT */
/*
 * scratch.h - rooms for what is too large for the program's stack
 *
 * A hook runs on whatever stack its caller has: a signal handler's of 8 KiB, a
 * coroutine's, or one of PTHREAD_STACK_MIN. What takes more than a few hundred
 * bytes borrows a room. Context: any.
 */
#ifndef UL_SCRATCH_H
#define UL_SCRATCH_H

#include <stddef.h>

#define UL_SCRATCH_SIZE ((size_t)64 << 10)

/* UL_SCRATCH_SIZE bytes, not zeroed, with a page below that cannot be touched.
 * NULL: no memory. */
void *ul_scratch_borrow(void);
void ul_scratch_return(void *room);

/*
 * work(argument), with such a room as its stack, on which no signal of the
 * program's is handled. A walk up the call stack comes out on the caller's
 * side. Where there is no memory, or the machine is not known here (x86-64 and
 * AArch64 are), it runs on the caller's stack.
 */
void ul_scratch_call(void (*work)(void *argument), void *argument);

#endif
