/* SPDX-License-Identifier: MIT */
/*
 * sentry.c - when our threads cannot do their work any more
 *
 * A program can put a filter on the system calls of all of its threads, and so
 * on ours (SECCOMP_FILTER_FLAG_TSYNC). What it then refuses us is an error, of
 * a call that has none otherwise: then the process ends, for a page that nobody
 * can place is a thread that waits for ever.
 *
 * Or it ends the thread that calls (SECCOMP_RET_KILL_THREAD), without a word:
 * the others would wait for its locks, and with our last thread goes the
 * descriptor, after which every missing page is zeros. So each of our threads
 * has a robust futex (get_robust_list(2)), which the kernel marks when it dies,
 * and one thread, the sentry, waits for all of them. It is made when the program
 * calls seccomp(2) by syscall(3), so it is in that call before there is a filter,
 * and when it comes out it makes no other: it ends the process by an illegal
 * instruction.
 */
#include "config.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/log.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define SIZE_32 2			/* FUTEX2_SIZE_U32 */

#define POSTS 120			/* futex_waitv(2) takes 128 */

/* Of one thread; in its robust list, where the kernel finds it. */
struct post {
	struct robust_list_head head;
	struct robust_list link;
	_Atomic uint32_t owner;		/* its ID, and FUTEX_WAITERS */
};

static struct post posts[POSTS];
static _Atomic uint32_t used;

struct waiter {				/* futex_waitv of <linux/futex.h> */
	uint64_t value, address;
	uint32_t flags, reserved;
};

void ul_sentry_watch(void)
{
	uint32_t at = atomic_fetch_add(&used, 1);
	struct post *post;

	if (at >= POSTS) {		/* never: see READERS_MAX */
		atomic_fetch_sub(&used, 1);
		return;
	}
	post = &posts[at];
	post->head.list.next = &post->link;
	post->link.next = &post->head.list;
	post->head.futex_offset = (long)offsetof(struct post, owner) -
				  (long)offsetof(struct post, link);
	post->head.list_op_pending = NULL;
	post->owner = (uint32_t)syscall(SYS_gettid) | FUTEX_WAITERS;
	syscall(SYS_set_robust_list, &post->head, sizeof(post->head));
	ul_futex_wake_shared((uint32_t *)&used);
}

void ul_sentry_forget(void)
{
	used = 0;
}

bool ul_sentry_is_possible(void)
{
	return syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 &&
	       errno != ENOSYS && errno != EPERM;
}

/* All posts there are. False: one of them is deserted. */
static bool list_posts(struct waiter *waiters, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t owner = posts[i].owner;

		if (owner & FUTEX_OWNER_DIED)
			return false;
		waiters[i].value = owner;
		waiters[i].address = (uintptr_t)&posts[i].owner;
		/* The kernel's wake, at a thread's end, is one for all. A post
		 * that is being taken wakes us when it is. */
		waiters[i].flags = SIZE_32;
	}
	return true;
}

void ul_sentry_serve(void)
{
	struct waiter waiters[POSTS + 1] = { { .flags = SIZE_32 } };
	struct timespec while_blind = { 1, 0 };
	uint32_t n;

	for (;;) {
		n = used;
		waiters[POSTS] = (struct waiter){ n, (uintptr_t)&used, SIZE_32,
						  0 };
		if (n > POSTS)
			n = POSTS;
		if (!list_posts(waiters, n))
			__builtin_trap();
		waiters[n] = waiters[POSTS];
		if (syscall(SYS_futex_waitv, waiters, n + 1, 0, NULL, 0) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			nanosleep(&while_blind, NULL);
	}
}

void ul_handler_wake(uintptr_t start, size_t length)
{
	int error = ul_uffd_wake(&ul_the_uffd, start, length);

	if (error)
		ul_handler_refused("waking a thread", error);
}

void ul_handler_end(const char *why)
{
	ul_log(UL_LOG_ERROR, "%s; the process cannot go on, and ends", why);
	/* No handler of the program's runs for a fault of ours, whose signal is
	 * blocked; and no system call is needed. */
	__builtin_trap();
}

void ul_handler_refused(const char *call, int error)
{
	ul_log(UL_LOG_ERROR,
	       "%s: %e; perhaps the program has put a filter on the system "
	       "calls of all threads",
	       call, error);
	ul_handler_end("the kernel refuses what memory cannot be served "
		       "without");
}
