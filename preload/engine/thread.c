/* SPDX-License-Identifier: MIT */
/* thread.c - see thread.h. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/lock.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/engine/thread.h"

#define STACK ((size_t)512 << 10)
#define LARGE_STACK ((size_t)8 << 20)
#define KEPT (UL_READERS_MAX + 16)	/* more threads than there can be */
#define MAKES UINT32_C(0xff)		/* how many make threads */
#define CALL UINT32_C(0x100)		/* one call that changes IDs */
#define CALL_NS UINT64_C(1000000000)	/* that one waits for those */
#define LOOK_NS UINT64_C(1000000)
#define BEGIN_NS UINT64_C(1000000000)	/* that it is waited for what is made */
#define STALE_NS UINT64_C(10000000000)	/* a call that was jumped out of */

static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_THREADS);
static char *stacks[KEPT];		/* STACK bytes each, or NULL */
static _Atomic uint32_t made, begun;	/* since the start */
static _Atomic uint32_t awaiting;	/* how many */
static _Atomic uint32_t turns;		/* those of both sides, by MAKES and CALL */
static _Atomic uint64_t called_ns;	/* when the last call began */
static _Atomic uint32_t process = 1;	/* whose turns, in a line of forks */

static char *map_stack(size_t size)
{
	char *at = mmap(NULL, ul_page_size + size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	mprotect(at, ul_page_size, PROT_NONE);
	return at + ul_page_size;
}

static char *stack_of(unsigned int thread)
{
	if (thread >= KEPT)
		return NULL;
	if (!stacks[thread])
		stacks[thread] = map_stack(STACK);
	return stacks[thread];
}

static int create_on(char *stack, size_t size, void *(*start)(void *argument),
		     void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	if (!stack)
		return EAGAIN;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstack(&attributes, stack, size);
	error = pthread_create(&thread, &attributes, start, argument);
	pthread_attr_destroy(&attributes);
	return error;
}

int ul_thread_create(void *(*start)(void *argument), void *argument)
{
	sigset_t saved;
	int error;

	ul_signals_block(&saved);
	ul_lock_take(&lock);
	error = create_on(stack_of(made++), STACK, start, argument);
	if (error == EINVAL)		/* thread-local data larger than that */
		error = create_on(map_stack(LARGE_STACK), LARGE_STACK, start,
				  argument);
	if (error)
		made--;
	ul_lock_drop(&lock);
	ul_signals_restore(&saved);
	return -error;
}

void ul_thread_has_begun(void)
{
	begun++;
	if (awaiting)			/* a filter may forbid it by then */
		ul_futex_wake(&begun, INT_MAX);
}

void ul_thread_await_begun(void)
{
	uint64_t until = ul_now_ns() + BEGIN_NS;
	uint32_t now;

	awaiting++;
	while ((now = begun) != made && ul_now_ns() < until)
		ul_futex_wait_for(&begun, now, BEGIN_NS);
	awaiting--;
}

/* One that has begun to make threads lets others, for no call has begun since. */
static bool take_turn(void)
{
	uint32_t now = turns;

	do {
		if (now >= CALL && !(now & MAKES) &&
		    ul_now_ns() - called_ns < STALE_NS)
			return false;
	} while (!atomic_compare_exchange_weak(&turns, &now, now + 1));
	return true;
}

bool ul_thread_may_make(uint64_t ns)
{
	while (!take_turn()) {
		if (ns < LOOK_NS)
			return false;
		ul_futex_wait_for(&turns, turns, LOOK_NS);
		ns -= LOOK_NS;
	}
	return true;
}

void ul_thread_made(void)
{
	uint32_t left = atomic_fetch_sub(&turns, 1) - 1;

	if (left && !(left & MAKES))	/* a call waits */
		ul_futex_wake(&turns, INT_MAX);
}

uint32_t ul_thread_ids_begin(void)
{
	uint32_t now, turn = process;
	uint64_t until;

	if (!ul_handler_is_home())
		return 0;
	called_ns = ul_now_ns();
	if (!(atomic_fetch_add(&turns, CALL) & MAKES))
		return turn;
	until = ul_now_ns() + CALL_NS;
	while ((now = turns) & MAKES && ul_now_ns() < until)
		ul_futex_wait_for(&turns, now, CALL_NS);
	return turn;
}

void ul_thread_ids_end(uint32_t turn)
{
	if (turn == process)
		turns -= CALL;
}

/* In the child, which may be made without libc's fork, one that has not begun is
 * what its setuid(2) waits for: for ever. */
void ul_thread_fork_prepare(void)
{
	ul_lock_take(&lock);
	ul_thread_await_begun();
}

void ul_thread_fork_parent(void)
{
	ul_lock_drop(&lock);
}

void ul_thread_strand(void)
{
	memset(stacks, 0, sizeof(stacks));
}

void ul_thread_forget(void)
{
	ul_lock_reset(&lock);
	made = begun = awaiting = 0;
	turns = 0;
	process++;
}
