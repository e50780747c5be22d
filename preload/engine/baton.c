/* SPDX-License-Identifier: MIT */
/*
 * baton.c - the baton, and a fork that lends it; see handler.h
 *
 * Between our handler before a fork and the fork, libc takes the locks of its
 * allocator. Who has one of them may be in a signal handler that waits for a
 * page. So the fork lets go of the baton, but only those may have it that serve
 * a fault, and only when the fork takes long: what they do may come to the child
 * half done (fork.c). Everybody else waits until it is given back.
 */
#include "config.h"

#include "preload/engine/handler.h"
#include "preload/engine/placing.h"

#define LONG_NS ((uint64_t)20 * 1000 * 1000)	/* for a fork */

struct ul_lock ul_baton = UL_LOCK_INIT(UL_RANK_BATON);
enum { NOT_LENT, LENT, LENT_AND_AWAITED };
static _Atomic uint32_t lent;		/* (b) to change */
static _Atomic bool borrowed;		/* (b) since it was lent */

void ul_baton_lock(void)
{
	ul_lock_take(&ul_baton);
	ul_placing_await_end();
}

/* Let go of it until the fork is over; at most ns (0: any time). */
static void await_fork(uint64_t ns)
{
	lent = LENT_AND_AWAITED;
	ul_lock_drop(&ul_baton);
	ul_futex_wait_for(&lent, LENT_AND_AWAITED, ns);
	ul_baton_lock();
}

void ul_baton_give_way(void)
{
	while (lent)
		await_fork(0);
}

void ul_baton_take(void)
{
	ul_baton_lock();
	ul_baton_give_way();
}

void ul_baton_keep_borrowed(void)
{
	if (!lent || borrowed)
		return;
	await_fork(LONG_NS);
	if (lent)
		borrowed = true;
}

void ul_baton_borrow(void)
{
	ul_baton_lock();
	ul_baton_keep_borrowed();
}

void ul_baton_join(void)
{
	ul_lock_take(&ul_baton);
	ul_baton_keep_borrowed();
}

bool ul_baton_is_lent(void)
{
	return lent;
}

void ul_baton_lend(void)
{
	borrowed = false;
	lent = LENT;
	ul_lock_drop(&ul_baton);
}

void ul_baton_take_back(void)
{
	ul_baton_lock();
	/* A filter may let this thread wake nobody. */
	if (atomic_exchange(&lent, NOT_LENT) == LENT_AND_AWAITED)
		ul_futex_wake(&lent, INT32_MAX);
}

void ul_baton_reset(void)
{
	ul_lock_reset(&ul_baton);
	ul_placing_forget();
	lent = NOT_LENT;
}
