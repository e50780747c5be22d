/* SPDX-License-Identifier: MIT */
/*
 * guard.h - "we are inside"
 *
 * A hook that has work to do enters the guard; whatever the engine, libc or a
 * signal handler then calls on the same thread finds it taken and stays plain.
 * Our own threads are inside for ever. Nor is the thread cancelled meanwhile.
 * The flag lives in initial-exec TLS: a dynamic TLS access may allocate, and
 * would come back to us.
 */
#ifndef UL_GUARD_H
#define UL_GUARD_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Two ways to be inside. In the engine, what libc allocates comes from the
 * inner heap: the program's allocator may be what has called us. In libc, only
 * nothing becomes lazy.
 */
enum { UL_OUTSIDE, UL_IN_ENGINE, UL_IN_LIBC };

/* Nobody else's: known to the compiler, it costs one instruction less each. */
#define UL_HIDDEN __attribute__((visibility("hidden")))

extern _Thread_local int ul_inside UL_HIDDEN
	__attribute__((tls_model("initial-exec")));

/*
 * Sizes below this are the next allocator's, whatever this thread is at: all
 * that malloc compares with. 0: it must look closer, and will set this. Our own
 * threads have it at 0 for ever.
 */
extern _Thread_local size_t ul_small UL_HIDDEN
	__attribute__((tls_model("initial-exec")));

/*
 * malloc is no cancellation point, and the engine's open or poll in it must not
 * become one; nor may a thread that can be cancelled at any point be so in here.
 * The signal for that may be on its way, and libc's handler of it asks for the type
 * alone. What has come meanwhile is acted upon by setting the type: by the state,
 * glibc before 2.41 ends the thread without PTHREAD_CANCELED.
 */
struct ul_cancel {
	int state, type;
};

static inline void ul_cancel_hold(struct ul_cancel *cancel)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel->state);
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &cancel->type);
}

/* The thread may end here: nothing is held any more, and it is outside. */
static inline void ul_cancel_resume(const struct ul_cancel *cancel)
{
	pthread_setcancelstate(cancel->state, NULL);
	if (cancel->type != PTHREAD_CANCEL_DEFERRED)
		pthread_setcanceltype(cancel->type, NULL);
}

struct ul_guard {
	int saved_errno;
	struct ul_cancel cancel;
};

static inline bool ul_guard_enter(struct ul_guard *guard)
{
	if (ul_inside)
		return false;
	ul_cancel_hold(&guard->cancel);
	ul_inside = UL_IN_ENGINE;
	ul_small = 0;
	guard->saved_errno = errno;
	return true;
}

/* Leaves errno as it was on entry. */
static inline void ul_guard_leave(struct ul_guard *guard)
{
	errno = guard->saved_errno;
	ul_inside = UL_OUTSIDE;
	ul_cancel_resume(&guard->cancel);
}

/* The same with an errno for the caller: error is 0 or a negative errno. */
static inline void ul_guard_leave_with(struct ul_guard *guard, int error)
{
	if (error < 0)
		guard->saved_errno = -error;
	ul_guard_leave(guard);
}

#endif
