/* SPDX-License-Identifier: MIT */
/* lock.c - see lock.h. The mutex is the usual three-state futex one. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "preload/engine/handler.h"
#include "preload/engine/lock.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define SIZE_32 2			/* FUTEX2_SIZE_U32 */

#define SPINS 1000			/* as long as a copy of 64 KiB */

#ifdef UL_DEBUG
/* Bit r: this thread holds a lock of rank r. */
static _Thread_local uint32_t held __attribute__((tls_model("initial-exec")));

static void note_taken(enum ul_rank rank)
{
	if (held >> rank)
		abort();		/* lock order broken: see lock.h */
	held |= UINT32_C(1) << rank;
}

static void note_dropped(enum ul_rank rank)
{
	held &= ~(UINT32_C(1) << rank);
}
#else
static void note_taken(enum ul_rank rank)
{
	(void)rank;
}

static void note_dropped(enum ul_rank rank)
{
	(void)rank;
}
#endif

void ul_futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void ul_futex_wait_for(_Atomic uint32_t *word, uint32_t expected, uint64_t ns)
{
	struct timespec pause = { (time_t)(ns / 1000000000),
				  (long)(ns % 1000000000) };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, ns ? &pause : NULL,
		NULL, 0);
}

void ul_futex_wake(_Atomic uint32_t *word, int threads)
{
	if (syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL,
		    0) < 0)
		ul_handler_refused("waking a thread", -errno);
}

void ul_futex_wake_shared(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

bool ul_futex_is(_Atomic uint32_t *word, uint32_t value)
{
	struct timespec now = { 0, 0 };

	return syscall(SYS_futex, word, FUTEX_WAIT, value, &now, NULL, 0) < 0 &&
	       errno == ETIMEDOUT;
}

bool ul_futex_wait_any(const struct ul_futex_word *words, unsigned int count,
		       uint64_t ns)
{
	struct waiter {			/* futex_waitv of <linux/futex.h> */
		uint64_t value, address;
		uint32_t flags, reserved;
	} waiters[4];
	struct timespec until;
	bool forever = !ns;

	for (unsigned int i = 0; i < count; i++)
		waiters[i] = (struct waiter){
			.value = words[i].expected,
			.address = (uintptr_t)words[i].word,
			.flags = SIZE_32 |
				 (words[i].shared ? 0 : FUTEX_PRIVATE_FLAG),
		};
	clock_gettime(CLOCK_MONOTONIC, &until);
	ns += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	return syscall(SYS_futex_waitv, waiters, count, 0,
		       forever ? NULL : &until, CLOCK_MONOTONIC) >= 0 ||
	       errno == EAGAIN || errno == EFAULT || errno == EINTR ||
	       errno == ETIMEDOUT;
}

void ul_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool take_at_once(struct ul_lock *lock)
{
	uint32_t free_state = 0;

	if (!atomic_compare_exchange_strong(&lock->state, &free_state, 1))
		return false;
	atomic_store_explicit(&lock->cpu, sched_getcpu(), memory_order_relaxed);
	return true;
}

/* To be woken from another CPU costs more than most copies, for which the baton
 * is held. Who holds it on this CPU cannot let go of it while we run. */
static bool take_soon(struct ul_lock *lock)
{
	int cpu = sched_getcpu();

	for (int i = 0; i < SPINS; i++) {
		if (atomic_load_explicit(&lock->cpu, memory_order_relaxed) == cpu)
			return false;
		ul_pause();
		if (atomic_load_explicit(&lock->state, memory_order_relaxed) == 0 &&
		    take_at_once(lock))
			return true;
	}
	return false;
}

void ul_lock_take(struct ul_lock *lock)
{
	note_taken(lock->rank);
	if (take_at_once(lock) ||
	    (lock->rank == UL_RANK_BATON && take_soon(lock)))
		return;
	while (atomic_exchange(&lock->state, 2) != 0)
		ul_futex_wait(&lock->state, 2);
	atomic_store_explicit(&lock->cpu, sched_getcpu(), memory_order_relaxed);
}

bool ul_lock_try(struct ul_lock *lock)
{
	if (!take_at_once(lock))
		return false;
	note_taken(lock->rank);
	return true;
}

bool ul_lock_take_for(struct ul_lock *lock, uint64_t ns)
{
	if (ul_lock_try(lock))
		return true;
	for (int i = 0; atomic_exchange(&lock->state, 2) != 0; i++) {
		if (i == 10)
			return false;
		ul_futex_wait_for(&lock->state, 2, ns / 10);
	}
	note_taken(lock->rank);
	return true;
}

void ul_lock_drop(struct ul_lock *lock)
{
	note_dropped(lock->rank);
	if (atomic_exchange(&lock->state, 0) == 2)
		ul_futex_wake(&lock->state, 1);
}

bool ul_lock_is_wanted(const struct ul_lock *lock)
{
	return atomic_load(&lock->state) == 2;
}

void ul_lock_reset(struct ul_lock *lock)
{
	note_dropped(lock->rank);
	atomic_store(&lock->state, 0);
}

/* libc's own, which pthread_sigmask(3) leaves open: by 32 it cancels a thread, by
 * 33 all of them change users. */
#define SETXID (UINT64_C(1) << (33 - 1))

static void set_mask(const void *mask, sigset_t *saved)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, saved, sizeof(uint64_t));
}

void ul_signals_block(sigset_t *saved)
{
	const uint64_t most = ~SETXID;

	set_mask(&most, saved);
}

void ul_signals_block_all(sigset_t *saved)
{
	const uint64_t all = ~UINT64_C(0);

	set_mask(&all, saved);
}

void ul_signals_restore(const sigset_t *saved)
{
	set_mask(saved, NULL);
}
