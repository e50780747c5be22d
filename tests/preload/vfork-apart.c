/* SPDX-License-Identifier: MIT */
/*
 * Rationale: CLONE_VFORK without CLONE_VM is a fork whose parent goes on when
 * the child ends or executes a program, and not before. Meanwhile the process's
 * other threads go on, and have their pages: the child may wait for them.
 */
#include "config.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/preload/victim.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

#define LENGTH (1 * MIB)

static char *memory;
static int begun[2], released[2];	/* pipes */
static volatile bool *ends;		/* shared with the child */

/* Lets the child go when it has had a page. */
static void *touch_and_release(void *argument)
{
	char byte;

	CHECK(read(begun[0], &byte, 1) == 1);
	CHECK(holds(memory + 99 * PAGE, memory_at, 99 * PAGE, 1));
	CHECK(write(released[1], "r", 1) == 1);
	return argument;
}

static int child(void *argument)
{
	char byte;

	(void)argument;
	CHECK(write(begun[1], "b", 1) == 1);
	CHECK(read(released[0], &byte, 1) == 1);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	*ends = true;
	_exit(0);
}

static pid_t by_number(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, (long)(CLONE_VFORK | SIGCHLD), 0L,
				   0L, 0L, 0L);

	return pid ? pid : child(NULL);
}

static pid_t by_clone3_number(void)
{
	struct clone_args arguments = { .flags = CLONE_VFORK,
					.exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));

	CHECK(arguments.flags == CLONE_VFORK);
	return pid ? pid : child(NULL);
}

static pid_t by_clone(void)
{
	static char stack[256 * 1024] __attribute__((aligned(64)));

	return clone(child, stack + sizeof(stack), CLONE_VFORK | SIGCHLD, NULL);
}

/* The program runs until its input ends, and that is after the parent goes on;
 * and so does what the child has forked before. The child may have a list of
 * robust futexes of its own. */
static void execute(bool robust)
{
	struct robust_list_head list = { { &list.list }, 0, NULL };
	int input[2];
	char byte;
	pid_t pid;

	CHECK(pipe(input) == 0);
	pid = (pid_t)syscall(SYS_clone, (long)(CLONE_VFORK | SIGCHLD), 0L, 0L,
			     0L, 0L);
	if (pid == 0) {
		if (robust)
			syscall(SYS_set_robust_list, &list, sizeof(list));
		dup2(input[0], STDIN_FILENO);
		close(input[0]);
		close(input[1]);
		if (fork() == 0) {
			while (read(STDIN_FILENO, &byte, 1) > 0)
				;
			_exit(0);
		}
		execlp("cat", "cat", NULL);
		_exit(1);
	}
	CHECK(write(input[1], "x", 1) == 1);
	close(input[0]);
	close(input[1]);
	wait_for(pid);
}

/* One that the child has made, and that does not execute anything, is not
 * waited for. */
static void leave_grandchild(void)
{
	int alive[2];
	char byte;
	pid_t pid;

	CHECK(pipe(alive) == 0);
	pid = (pid_t)syscall(SYS_clone, (long)(CLONE_VFORK | SIGCHLD), 0L, 0L,
			     0L, 0L);
	if (pid == 0) {
		close(alive[1]);
		if (fork() == 0) {
			CHECK(read(alive[0], &byte, 1) == 0);
			_exit(0);
		}
		_exit(0);
	}
	close(alive[0]);
	close(alive[1]);
	wait_for(pid);
}

/* Descriptors tell nothing of whether it goes on. */
static void close_all(void)
{
	pid_t pid;

	*ends = false;
	pid = (pid_t)syscall(SYS_clone, (long)(CLONE_VFORK | SIGCHLD), 0L, 0L,
			     0L, 0L);
	if (pid == 0) {
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
		usleep(200000);
		*ends = true;
		_exit(0);
	}
	CHECK(*ends);
	wait_for(pid);
}

/* A child that has the same table does not find more in it. */
static void share_table(void)
{
	int lowest = dup(STDERR_FILENO);
	pid_t pid;

	CHECK(lowest >= 0 && close(lowest) == 0);
	*ends = false;
	pid = (pid_t)syscall(SYS_clone,
			     (long)(CLONE_VFORK | CLONE_FILES | SIGCHLD), 0L,
			     0L, 0L, 0L);
	if (pid == 0) {
		for (int i = 0; i < 50; i++) {
			CHECK(dup(STDERR_FILENO) == lowest);
			CHECK(close(lowest) == 0);
			usleep(1000);
		}
		*ends = true;
		raise(SIGKILL);
	}
	CHECK(*ends);
	while (waitpid(pid, NULL, 0) < 0)
		CHECK(errno == EINTR);
}

int main(void)
{
	pid_t (*ways[])(void) = { by_number, by_clone3_number, by_clone };

	ends = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(ends != MAP_FAILED);
	CHECK(pipe(begun) == 0 && pipe(released) == 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		pthread_t thread;
		pid_t pid;

		memory = map_anonymous(LENGTH);
		CHECK(holds(memory + 9 * PAGE, memory_at, 9 * PAGE, 1));
		*ends = false;
		CHECK(pthread_create(&thread, NULL, touch_and_release, NULL) ==
		      0);
		pid = ways[i]();
		CHECK(*ends);
		wait_for(pid);
		CHECK(pthread_join(thread, NULL) == 0);
		CHECK(holds(memory, memory_at, 0, LENGTH));
		munmap(memory, LENGTH);
	}
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, PAGE));
	execute(false);
	execute(true);
	leave_grandchild();
	close_all();
	share_table();
	return 0;
}
