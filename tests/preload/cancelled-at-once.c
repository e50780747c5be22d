/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a thread that may be cancelled at any point
 * (PTHREAD_CANCEL_ASYNCHRONOUS) is, while it changes memory. It ends when the
 * call is done, as PTHREAD_CANCELED; its cleanup handlers find all as it is
 * outside, and nobody waits for what it held.
 *
 * Once libc's signal for it is on its way when the call begins; once the thread
 * is cancelled in the middle of the call, where a signal that libc leaves open
 * holds it.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#define CANCEL 32			/* libc's own signals */
#define OPEN 33
#define SET 8L				/* bytes of the kernel's set */
#define LENGTH (1 * MIB)

enum call { ADVISE, UNMAP, ANONYMOUS, OF_FILE, ALLOCATE, FORK, CALLS };

static char *memory;
static atomic_bool ready, cancelled, cleaned;

static void mask(int how, int number)
{
	uint64_t set = UINT64_C(1) << (number - 1);

	CHECK_EQ(syscall(SYS_rt_sigprocmask, how, &set, NULL, SET), 0);
}

static bool is_pending(int number)
{
	uint64_t set = 0;

	CHECK_EQ(syscall(SYS_rt_sigpending, &set, SET), 0);
	return set >> (number - 1) & 1;
}

static void hold(int number)
{
	(void)number;
	ready = true;
	while (!cancelled)
		sched_yield();
}

/* libc lets nobody have that signal. */
static void take_over(void)
{
	struct sigaction action = { .sa_handler = hold };
	long raw[8];

	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGUSR2, NULL, raw, SET), 0);
	CHECK_EQ(syscall(SYS_rt_sigaction, OPEN, raw, NULL, SET), 0);
}

static void clean(void *argument)
{
	sigset_t blocked;
	char *fresh = map_anonymous(LENGTH);

	(void)argument;
	CHECK(holds_sparse(fresh, memory_at, 0, LENGTH));
	munmap(fresh, LENGTH);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
	CHECK_EQ(sigismember(&blocked, SIGUSR1), 0);
	cleaned = true;
}

static void change(enum call call)
{
	char *fresh;
	pid_t pid;

	switch (call) {
	case ADVISE:
		CHECK_EQ(madvise(memory, LENGTH, MADV_DONTNEED), 0);
		break;
	case UNMAP:
		CHECK_EQ(munmap(memory, LENGTH), 0);
		break;
	case ANONYMOUS:
		map_anonymous(LENGTH);
		break;
	case OF_FILE:
		map_file(LENGTH, PROT_READ, MAP_PRIVATE);
		break;
	case ALLOCATE:
		fresh = allocate(LENGTH);
		free(fresh);
		break;
	default:
		pid = fork();
		if (pid == 0)
			_exit(0);
		wait_for(pid);
	}
}

/* The signal is blocked behind libc's back, as some runtimes block all. */
static void *on_its_way(void *argument)
{
	pthread_cleanup_push(clean, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	mask(SIG_BLOCK, CANCEL);
	ready = true;
	while (!is_pending(CANCEL))
		sched_yield();
	change((enum call)(size_t)argument);
	mask(SIG_UNBLOCK, CANCEL);
	for (;;)
		sched_yield();
	pthread_cleanup_pop(0);
	return NULL;
}

/* Without us it is held behind the call. */
static void *in_the_middle(void *argument)
{
	pthread_cleanup_push(clean, NULL);
	mask(SIG_BLOCK, OPEN);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), OPEN), 0);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	change((enum call)(size_t)argument);
	mask(SIG_UNBLOCK, OPEN);
	for (;;)
		sched_yield();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *nothing(void *argument)
{
	return argument;
}

static void cancel(void *run(void *), enum call call)
{
	pthread_t thread;
	void *result;

	memory = map_anonymous(LENGTH);
	CHECK(holds_sparse(memory, memory_at, 0, LENGTH));
	ready = cancelled = cleaned = false;
	CHECK_EQ(pthread_create(&thread, NULL, run, (void *)(size_t)call), 0);
	while (!ready)
		sched_yield();
	CHECK_EQ(pthread_cancel(thread), 0);
	cancelled = true;
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK(cleaned);
	CHECK(result == PTHREAD_CANCELED);
}

int main(void)
{
	pthread_t thread;

	/* The first is when libc takes its signals. */
	CHECK_EQ(pthread_create(&thread, NULL, nothing, NULL), 0);
	pthread_join(thread, NULL);
	take_over();
	for (enum call call = 0; call < CALLS; call++) {
		cancel(on_its_way, call);
		cancel(in_the_middle, call);
	}
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	return 0;
}
