/* SPDX-License-Identifier: MIT */
/*
 * Rationale: _Fork, clone and syscall make children without the handlers of
 * pthread_atfork(3), and with libc's list of threads as it was. Their lazy memory
 * must be served all the same.
 */
#include "config.h"

#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#define LENGTH (2 * MIB)

static char *memory;

static int child(void *argument)
{
	char *more;

	(void)argument;
	CHECK(holds(memory, memory_at, 0, LENGTH));
	more = map_anonymous(LENGTH);
	CHECK(holds(more, memory_at, 0, LENGTH));
	munmap(more, LENGTH);
	/* It goes through libc's list of threads. */
	CHECK_EQ(seteuid(geteuid()), 0);
	return 0;
}

static pid_t by_fork_call(void)
{
	return _Fork();
}

#ifdef SYS_fork
static pid_t by_number(void)
{
	return (pid_t)syscall(SYS_fork);
}
#endif

static pid_t by_clone_number(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t by_clone3_number(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

/* libc writes to the top of the stack before there is a child. */
static pid_t by_clone_on_lazy_stack(void)
{
	char *fresh = map_anonymous(256 * KIB);

	return clone(child, fresh + 256 * KIB, SIGCHLD | CLONE_PARENT_SETTID,
		     NULL, fresh + 64 * KIB);
}

static pid_t by_clone(void)
{
	static char stack[256 * 1024] __attribute__((aligned(64)));

	return clone(child, stack + sizeof(stack), SIGCHLD, NULL);
}

/* The kernel writes the child's number there, in the child, where nobody brings
 * the rest of the page yet. */
#define TIDS (64 * KIB)

static char *tids;

static int child_with_tid(void *argument)
{
	CHECK_EQ(*(pid_t *)(tids + TIDS), getpid());
	CHECK(holds(tids + TIDS + 8, memory_at, TIDS + 8, PAGE - 8));
	return child(argument);
}

static pid_t by_clone_with_tid(void)
{
	static char stack[256 * 1024] __attribute__((aligned(64)));

	tids = map_anonymous(256 * KIB);
	return clone(child_with_tid, stack + sizeof(stack),
		     SIGCHLD | CLONE_CHILD_SETTID, NULL, NULL, NULL,
		     tids + TIDS);
}

static pid_t by_clone3_with_tid(void)
{
	struct clone_args arguments = {
		.exit_signal = SIGCHLD,
		.flags = CLONE_CHILD_SETTID,
	};
	pid_t pid;

	tids = map_anonymous(256 * KIB);
	arguments.child_tid = (uintptr_t)(tids + TIDS);
	pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (pid == 0)
		_exit(child_with_tid(NULL));
	return pid;
}

static atomic_bool is_over;

static void *map_and_unmap(void *unused)
{
	while (!is_over) {
		char *one = map_anonymous(LENGTH);

		one[0]++;
		CHECK(munmap(one, LENGTH) == 0);
	}
	return unused;
}

static int nothing(void *unused)
{
	(void)unused;
	return 0;
}

/* errno is left alone, though a fork has to wait for who changes mappings. */
static void check_errno(void)
{
	static char stack[64 * 1024] __attribute__((aligned(64)));
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, map_and_unmap, NULL) ==
		      0);
	for (int i = 0; i < 100; i++) {
		pid_t pid;

		errno = ENOTTY;
		pid = _Fork();
		if (pid == 0)
			_exit(errno != ENOTTY);
		CHECK_EQ(errno, ENOTTY);
		wait_for(pid);
		errno = ENOTTY;
		pid = clone(nothing, stack + sizeof(stack), SIGCHLD, NULL);
		CHECK_EQ(errno, ENOTTY);
		wait_for(pid);
	}
	is_over = true;
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(void)
{
	pid_t (*ways[])(void) = {
		by_fork_call,
#ifdef SYS_fork
		by_number,
#endif
		by_clone_number, by_clone3_number, by_clone,
		by_clone_on_lazy_stack, by_clone_with_tid, by_clone3_with_tid,
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		pid_t pid;

		memory = map_anonymous(LENGTH);
		CHECK(holds(memory + 9 * PAGE, memory_at, 9 * PAGE, 1));
		pid = ways[i]();
		if (pid == 0)
			_exit(child(NULL));
		wait_for(pid);
		CHECK(holds(memory, memory_at, 0, LENGTH));
	}
	check_errno();
	return 0;
}
