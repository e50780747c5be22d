/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a signal of libc's own, by which setuid(3) has every thread change its
 * user, comes while a handler on an alternate signal stack is in a call of ours.
 * Nobody can block it. Its frame must not lie on what the handler has there.
 *
 * The signal's handler is replaced by one that looks where it is.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#define LIBCS 33			/* SIGSETXID */
#define LENGTH (256 * KIB)
#define TIMES 500
#define SET 8L				/* bytes of the kernel's set */

static _Alignas(64) char space[64 * KIB];
static const char *_Atomic used;	/* from here to the end of it */
static atomic_long thread;
static atomic_int handled;

static void on_libcs(int number, siginfo_t *info, void *context)
{
	const char *here = __builtin_frame_address(0);

	(void)number;
	(void)info;
	(void)context;
	if (used && here >= used && here < space + sizeof(space)) {
		dprintf(STDERR_FILENO, "%td bytes into what is in use\n",
			here - used);
		_exit(1);
	}
	handled++;
}

/* libc lets nobody have that signal. */
static void take_over(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK |
						SA_RESTART };
	long raw[8];

	action.sa_sigaction = on_libcs;
	CHECK_EQ(sigaction(SIGUSR2, &action, NULL), 0);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGUSR2, NULL, raw, SET), 0);
	CHECK_EQ(syscall(SYS_rt_sigaction, LIBCS, raw, NULL, SET), 0);
}

static void *sender(void *argument)
{
	(void)argument;
	while (!thread)
		sched_yield();
	for (int i = 1; i <= TIMES; i++) {
		CHECK_EQ(syscall(SYS_tgkill, getpid(), thread, LIBCS), 0);
		while (handled < i)
			sched_yield();
	}
	return NULL;
}

static void on_signal(int number)
{
	stack_t before, after;
	int fd = open_file();

	(void)number;
	used = __builtin_frame_address(0);
	CHECK(used > space && used < space + sizeof(space));
	CHECK_EQ(sigaltstack(NULL, &before), 0);
	CHECK_EQ(before.ss_flags, SS_ONSTACK);
	thread = syscall(SYS_gettid);
	for (size_t i = 0; handled < TIMES; i++) {
		char *memory = map_anonymous(LENGTH);
		char *file = mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE, fd, 0);

		CHECK(file != MAP_FAILED);
		CHECK(holds(memory + i % LENGTH, memory_at, i % LENGTH, 1));
		CHECK(holds(file + i % LENGTH, file_at, i % LENGTH, 1));
		munmap(memory, LENGTH);
		munmap(file, LENGTH);
	}
	used = NULL;
	CHECK_EQ(sigaltstack(NULL, &after), 0);
	CHECK(after.ss_sp == before.ss_sp && after.ss_size == before.ss_size &&
	      after.ss_flags == SS_ONSTACK);
	close(fd);
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_sp = space, .ss_size = sizeof(space) };
	pthread_t other;

	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(pthread_create(&other, NULL, sender, NULL), 0);
	take_over();
	raise(SIGUSR1);
	CHECK_EQ(pthread_join(other, NULL), 0);
	CHECK_EQ(sigaltstack(NULL, &stack), 0);
	CHECK(stack.ss_sp == space && stack.ss_size == sizeof(space) &&
	      stack.ss_flags == 0);
	return 0;
}
