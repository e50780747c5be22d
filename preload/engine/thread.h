/* SPDX-License-Identifier: MIT */
/*
 * thread.h - how a thread of ours is made
 *
 * Detached, with all signals blocked, on a stack that lies where our mappings do
 * (zone.c): libc would have the kernel put it into a hole that the program has
 * just made. The stacks stay; the child of fork(3) uses them anew.
 */
#ifndef UL_THREAD_H
#define UL_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/* Returns 0 or -errno. Context: one thread at a time. */
int ul_thread_create(void *(*start)(void *argument), void *argument);

/* This thread, one of those, has begun. */
void ul_thread_has_begun(void);
/*
 * Until all of them have. A thread that begins looks for signals of the whole
 * process, and would take a SIGSTOP, which nobody can block, from the thread that
 * is to be traced: a tracer goes on with that one, and ours stay stopped. Not for
 * ever: one may be held up. Context: the keeper; a fork.
 */
void ul_thread_await_begun(void);

/*
 * libc's setuid(2), and its like, has a lock that pthread_create(3) takes, until
 * each thread has answered a signal. In the middle of an answer, or in the caller,
 * another signal's handler may run; what that wants of our threads must not wait
 * for one that is being made. So while such calls go on nobody begins to make
 * any, and a call waits while somebody does: not for ever, for the program's
 * handler that calls may have interrupted what a start needs. Nor is a call
 * waited for for ever, which a longjmp(3) may have left.
 *
 * False: not now, nor within ns. True: ul_thread_made says when it is done; until
 * then the caller handles no signal. Context: a hook, or the keeper, which must
 * not wait for long.
 */
bool ul_thread_may_make(uint64_t ns);
void ul_thread_made(void);
/* A call's turn. 0: it has none, and does not end it, for it is not the process's
 * own: a child's of vfork(2), which may be killed in it. In a fork's child all
 * have ended. Context: any, of the program's. */
uint32_t ul_thread_ids_begin(void);
void ul_thread_ids_end(uint32_t turn);

/* Around a fork: none is being made meanwhile, and all have begun. _Fork(3) leaves libc's lock on
 * threads' stacks in the child as it is, and the child makes its own. Inside the
 * passage, before the baton is taken; the keeper is not asked in between. */
void ul_thread_fork_prepare(void);
void ul_thread_fork_parent(void);
/* In a fork's child: there are none. */
void ul_thread_forget(void);
/* Before that, in a child that was not made by fork(3): libc's list of threads
 * still has the parent's, whose stacks must stay as they are. */
void ul_thread_strand(void);

#endif
