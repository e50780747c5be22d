/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the process ends with the last of the program's threads also when they
 * go behind libc's back: by the system call exit(2), or killed alone by a filter
 * of their own. (Which thread's status is the process's has changed with Linux
 * 5.19, from the first's to the last's; so all of one process have the same.)
 */
#include "config.h"

#include <pthread.h>
#include <signal.h>

#include "tests/preload/forbid.h"

#define LENGTH (1 * MIB)

static char *inherited;
static pthread_t first;

static void touch_some(void)
{
	char *memory = map_anonymous(LENGTH);

	CHECK(holds(memory, memory_at, 0, LENGTH / 2));
	CHECK(holds(inherited, memory_at, 0, LENGTH / 2));
}

static void alone(void)
{
	touch_some();
	syscall(SYS_exit, 7);
}

static void killed(void)
{
	touch_some();
	forbid_call(SYS_getppid, SECCOMP_RET_KILL_THREAD);
	getppid();
}

/* Long after the first is gone, its memory is still served. */
static void *survive(void *argument)
{
	struct timespec moment = { 0, 300 * 1000 * 1000 };

	if (argument)
		CHECK(pthread_join(first, NULL) == 0);
	nanosleep(&moment, NULL);
	CHECK(holds(inherited, memory_at, 0, LENGTH));
	syscall(SYS_exit, 5);
	return NULL;
}

static void leave_one(bool joined)
{
	pthread_t thread;

	touch_some();
	first = pthread_self();
	CHECK(pthread_create(&thread, NULL, survive,
			     joined ? inherited : NULL) == 0);
	syscall(SYS_exit, 5);
}

static void survived(void)
{
	leave_one(false);
}

static void joined(void)
{
	leave_one(true);
}

static int status_of(void (*end)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		end();
		_exit(1);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

/* A child behind libc's back has no word for its ID. */
static void raw_child(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	int status;

	if (pid == 0)
		alone();
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	syscall(SYS_exit, 8);
}

int main(void)
{
	int status;

	inherited = map_anonymous(LENGTH);
	CHECK(holds(inherited, memory_at, 0, PAGE));
	status = status_of(alone);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	status = status_of(killed);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS &&
	      !WCOREDUMP(status));
	status = status_of(raw_child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 8);
	status = status_of(survived);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	status = status_of(joined);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	return 0;
}
