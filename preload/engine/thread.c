/* SPDX-License-Identifier: MIT */
/* thread.c - see thread.h. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/engine/handler_parts.h"
#include "preload/engine/lock.h"
#include "preload/engine/region.h"
#include "preload/engine/thread.h"

#define STACK ((size_t)512 << 10)
#define LARGE_STACK ((size_t)8 << 20)
#define KEPT (UL_READERS_MAX + 16)	/* more threads than there can be */

static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_THREADS);
static char *stacks[KEPT];		/* STACK bytes each, or NULL */
static _Atomic uint32_t made, begun;	/* since the start */
static atomic_bool awaited;

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
	if (awaited)			/* a filter may forbid it by then */
		ul_futex_wake(&begun, 1);
}

void ul_thread_await_begun(void)
{
	uint32_t now;

	awaited = true;
	while ((now = begun) != made)
		ul_futex_wait(&begun, now);
	awaited = false;
}

void ul_thread_fork_prepare(void)
{
	ul_lock_take(&lock);
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
	made = begun = 0;
}
