/* SPDX-License-Identifier: MIT */
/*
 * Rationale: setgid(2) waits for all threads, with a lock of libc's that is
 * needed to make one. A signal handler maps memory in the middle of that, and it
 * is the first that is lazy: it gets its memory without our threads, and the
 * next that asks has them.
 *
 * One thread does not answer, for its child of vfork(2) has not ended, until the
 * handler in the caller of setgid lets it.
 */
#include "config.h"

#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#define LENGTH (128 * KIB)
#define GROUPS 65536

static int begun[2], over[2];		/* pipes: the child has; it may end */
static _Atomic pid_t caller;
static atomic_bool called;

static void on_signal(int number)
{
	char *memory = map_anonymous(LENGTH);

	(void)number;
	CHECK(holds(memory, memory_at, 0, 2 * PAGE));
	CHECK(munmap(memory, LENGTH) == 0);
	called = true;
	CHECK(write(over[1], "", 1) == 1);
}

static void *wait_for_child(void *argument)
{
	char byte;
	pid_t pid = vfork();

	if (pid == 0)
		_exit(write(begun[1], "", 1) != 1 || read(over[0], &byte, 1) != 1);
	wait_for(pid);
	return argument;
}

static void *call(void *argument)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGUSR1);
	CHECK(pthread_sigmask(SIG_UNBLOCK, &ours, NULL) == 0);
	errno = ELOOP;
	caller = (pid_t)syscall(SYS_gettid);
	CHECK(setgid(getgid()) == 0);
	CHECK_EQ(errno, ELOOP);
	CHECK(called);
	return argument;
}

static bool sleeps(pid_t thread)
{
	char name[64], text[512], *state;
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "/proc/self/task/%d/stat", thread);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	state = strrchr(text, ')');
	return state && strncmp(state, ") S", 3) == 0;
}

/* None of them changes anything, or does more than it would do. */
static void call_all(void)
{
	static gid_t groups[GROUPS];
	int n = getgroups(GROUPS, groups);
	bool may = geteuid() == 0;

	errno = ELOOP;
	CHECK(setuid(getuid()) == 0 && seteuid(geteuid()) == 0);
	CHECK(setreuid((uid_t)-1, (uid_t)-1) == 0);
	CHECK(setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1) == 0);
	CHECK(setegid(getegid()) == 0);
	CHECK(setregid((gid_t)-1, (gid_t)-1) == 0);
	CHECK(setresgid((gid_t)-1, (gid_t)-1, (gid_t)-1) == 0);
	CHECK_EQ(errno, ELOOP);
	CHECK(n >= 0);
	if (setgroups((size_t)n, groups) < 0)
		CHECK(!may || errno == EPERM);
	if (initgroups("root", getgid()) < 0)
		CHECK(!may || errno == EPERM);
	CHECK(seteuid((uid_t)-1) == -1 && errno == EINVAL);
}

int main(void)
{
	pthread_t waiter, setter;
	sigset_t ours;
	char *memory, byte;

	CHECK(pipe(begun) == 0 && pipe(over) == 0);
	signal(SIGUSR1, on_signal);
	sigemptyset(&ours);
	sigaddset(&ours, SIGUSR1);
	CHECK(pthread_sigmask(SIG_BLOCK, &ours, NULL) == 0);
	CHECK(pthread_create(&waiter, NULL, wait_for_child, NULL) == 0);
	CHECK(read(begun[0], &byte, 1) == 1);
	CHECK(pthread_create(&setter, NULL, call, NULL) == 0);
	while (!caller || !sleeps(caller))
		sched_yield();
	CHECK(pthread_kill(setter, SIGUSR1) == 0);
	CHECK(pthread_join(setter, NULL) == 0);
	CHECK(pthread_join(waiter, NULL) == 0);
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, 2 * PAGE));
	call_all();
	return 0;
}
