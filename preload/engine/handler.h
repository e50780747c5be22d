/* SPDX-License-Identifier: MIT */
/*
 * handler.h - our threads
 *
 * The keeper has the descriptor table that nobody else sees, opens the
 * userfaultfd in it, and does what the program's threads ask for (register a
 * range, mostly). The readers wait for faults and serve them; they share the
 * keeper's table. All of them block every signal, stay inside the guard, and
 * never end.
 *
 *      program's thread           keeper                 readers
 *      ----------------           ------                 -------
 *      ul_handler_ask ──futex──►  runs the request
 *                                 under the baton
 *      touches a page ───────────────────────────kernel─► read, fill, wake
 *
 * The baton is the lock behind which books and pages agree. Its holder alone
 * reads messages from the kernel, applies events to the registry, and places
 * pages; most of the latter it lets go on without it (placing.h). So no event can be read between the look into the books and the
 * UFFDIO_COPY that follows from it; an event that is not yet read makes the
 * copy fail with EAGAIN. The long part of a fill, getting the bytes, happens
 * without the baton, and what was looked up before is checked again after.
 */
#ifndef UL_HANDLER_H
#define UL_HANDLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "preload/engine/lock.h"
#include "preload/engine/uffd.h"
#include "preload/store/store.h"

extern struct ul_lock ul_baton;

/* Take it; nobody places pages without it then (placing.h). */
void ul_baton_lock(void);

/*
 * Our threads take it so, for a fork may have lent it. ul_baton_take waits until
 * that is over, and so does ul_baton_give_way for who has it: for what is more
 * than to serve a fault. ul_baton_borrow is for a fault, and for the end of a fill
 * that faults may wait for; if it was not taken by that, ul_baton_keep_borrowed
 * says the same of it. While it is lent no event is applied, nothing is adopted,
 * and nothing is begun that nobody waits for.
 */
void ul_baton_take(void);
void ul_baton_give_way(void);
void ul_baton_borrow(void);
/* The same, to serve a fault: beside pages that are being placed. */
void ul_baton_join(void);
void ul_baton_keep_borrowed(void);
bool ul_baton_is_lent(void);
/* Context: a fork's thread, which has it, and has it again. */
void ul_baton_lend(void);
void ul_baton_take_back(void);
/* In the child: it is free. */
void ul_baton_reset(void);

/* The descriptor, valid in our own threads only. */
extern struct ul_uffd ul_the_uffd;

/* Remember which process this is. Context: the engine's start. */
void ul_handler_init(void);

/*
 * See to it that the threads run. Context: a hook. Returns 0, or the -errno
 * that a former attempt ended with (it is not tried again, for it costs), or
 * -EAGAIN: not now (ul_thread_may_make).
 */
int ul_handler_start(void);
bool ul_handler_runs(void);
/* The program is about to filter system calls: be ready for what that takes
 * from our threads (sentry.c). Context: a hook. */
void ul_handler_expect_filter(void);

/*
 * Run a function on the keeper, under the baton, and wait for its result. The
 * argument (size bytes, at most UL_ASK_MAX) is carried over by copy, and back:
 * the keeper must not read the program's stack, which may be lazy memory.
 * Context: a hook, inside the passage, with the threads running.
 */
#define UL_ASK_MAX 512
int ul_handler_ask(int (*function)(void *argument), void *argument,
		   size_t size);

/*
 * Events that were read before this call have reached the registry when it
 * returns. Context: a program's thread, after a system call that the kernel
 * reports to us, or before a look into the books, for there may have been a
 * raw one. Not under the baton.
 */
void ul_handler_settle(void);
/* Is there nothing to wait for, so far as one can see? */
bool ul_handler_is_settled(void);

/* Is this the process that the engine was started in, or a child that was made
 * behind our back (vfork, a raw clone)? */
bool ul_handler_is_home(void);
/* A fork's child: whose it is. The kernel is not asked, for there may be a
 * supervisor (SECCOMP_RET_USER_NOTIF) that waits for the program to ask. */
pid_t ul_handler_forked_by(void);
/* Has the program one thread, as libc counts, beside ours? */
bool ul_handler_is_alone(void);

/* Read and apply all messages that wait. Under the baton. Faults are queued.
 * Returns how many messages there were. */
int ul_handler_drain(void);
/* Read and apply all events of changes that the kernel has made up to now, also
 * those that it has not told yet. Context: the keeper, under the baton, which
 * is let go of meanwhile. */
void ul_handler_catch_up(void);
/* What was read and is not done with is left to the readers. Whoever drains
 * and is not one of them must say so, or it stays. Under the baton. */
void ul_handler_hand_over(void);
/* Faults that were read and are not served. Under the baton. */
bool ul_handler_has_pending(void);
/* The same, or the kernel has messages that nobody has read. Under the baton.
 * For a thread that fills ahead: demand goes first. */
bool ul_handler_is_wanted(void);
/* Wake the keeper: there is something to do that nobody waits for. Context:
 * any. */
void ul_handler_nudge(void);
/* Let go of the baton for a moment, for others to make progress. */
void ul_handler_breathe(void);

/* A load has begun that may take too long: see to it that the keeper looks
 * (ul_filler_watch). Under the baton. */
void ul_handler_watch(void);

/*
 * What is missing can be served no more, or we no longer know whose it is: say
 * why, and end the process. Context: any, under any lock.
 */
_Noreturn void ul_handler_end(const char *why);
/* The same: the kernel refuses a call, with this error. */
_Noreturn void ul_handler_refused(const char *call, int error);

/* Who waits for a page there faults again. Context: one of our threads. */
void ul_handler_wake(uintptr_t start, size_t length);

/* A region is done with its store: the keeper drops it, or where none runs this
 * does. Under the baton. */
void ul_handler_release_store(struct ul_store *store);
/* What was released is gone when this returns, but for stores that are loaded
 * from. Context: the keeper; or a hook, inside the passage. Not under the
 * baton. */
void ul_handler_drop_stores(void);

/* Around a fork, before and after all else: no start is under way, so what it
 * writes is whole in the child. False: it took too long. */
bool ul_handler_fork_prepare(void);
void ul_handler_fork_parent(bool prepared);
/* In a fork's child: nothing runs any more. Under the baton's former holder. */
void ul_handler_forget(void);
/* No thread will run here: every start fails with this error. Context: a
 * fork's child. */
void ul_handler_give_up(int error);
/* No more of them are started, also in children: they would not live. Context: a
 * hook; no system call is made. */
void ul_handler_forbid(void);
/* Then nor do hooks call what is theirs to call. */
bool ul_handler_is_forbidden(void);
/* Start anew in a fork's child, and run function on the keeper before any
 * reader starts. */
int ul_handler_restart(int (*function)(void *argument), void *argument);

#endif
