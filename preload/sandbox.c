/* SPDX-License-Identifier: MIT */
/* sandbox.c - see sandbox.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/hook_io.h"
#include "preload/sandbox.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define STACK ((size_t)64 << 10)
#define NO_FD 0x7ffffff0L		/* nothing is open by this number */
#define SIGNALS 8L			/* bytes of the kernel's set */

atomic_bool ul_is_confined;
static bool is_filtered;		/* by the program itself */

struct trial {
	const struct sock_fprog *filter;	/* to install, or NULL */
	bool strict;
	bool engine;			/* all that the engine calls, too */
	volatile bool refused;		/* by the kernel: there is no filter */
	volatile bool passed;
};

#define CALL(name, ...) (UL_REAL(syscall)(SYS_##name, __VA_ARGS__))

/* What every hook of ours needs; the rest may be refused, but must not kill. */
static bool can_hook(void)
{
	static uint32_t word;
	char bytes[8];
	struct iovec parts = { bytes, sizeof(bytes) };

	if (CALL(getpid, 0) <= 0 || CALL(gettid, 0) <= 0 ||
	    CALL(rt_sigprocmask, (long)SIG_BLOCK, NULL, NULL, SIGNALS) != 0 ||
	    CALL(futex, &word, (long)FUTEX_WAKE_PRIVATE, 1L, NULL) != 0)
		return false;
	CALL(mincore, NULL, 0L, NULL);
	CALL(process_vm_readv, CALL(getpid, 0), &parts, 1L, &parts, 1L, 0L);
	CALL(openat, NO_FD, "", (long)O_RDONLY);
#ifdef SYS_readlink
	CALL(readlink, "", bytes, 1L);
#endif
	CALL(readlinkat, NO_FD, "", bytes, 1L);
	CALL(fcntl, NO_FD, (long)F_GETFL);
	CALL(fstat, NO_FD, NULL);
	CALL(fstatfs, NO_FD, NULL);
#ifdef SYS_newfstatat
	CALL(newfstatat, NO_FD, "", NULL, 0L);
#endif
	CALL(read, NO_FD, NULL, 0L);
	CALL(write, NO_FD, NULL, 0L);
	CALL(pread64, NO_FD, NULL, 0L, 0L);
	CALL(close, NO_FD);
	CALL(mprotect, NULL, 0L, 0L);
	CALL(madvise, NULL, 0L, 0L);
	CALL(mremap, NULL, 0L, 0L, 0L);
	CALL(munmap, NULL, 0L);
	CALL(sched_yield, 0);
	return true;
}

static void call_all_of_engine(void)
{
	static const long at_once[2];	/* a struct timespec of the kernel's */

	CALL(userfaultfd, ~0L);
	CALL(close_range, NO_FD, NO_FD, 0L);
	CALL(pidfd_open, -1L, 0L);
	CALL(ioctl, NO_FD, 0L, 0L);
	CALL(ppoll, NULL, 0L, at_once, NULL, SIGNALS);
#ifdef SYS_poll
	CALL(poll, NULL, 0L, 0L);
#endif
#ifdef SYS_futex_waitv
	CALL(futex_waitv, NULL, 0L, 0L, NULL, 0L);
#endif
	CALL(write, NO_FD, NULL, 0L);
	CALL(eventfd2, 0L, ~0L);
	CALL(memfd_create, NULL, 0L);
	CALL(ftruncate, NO_FD, 0L);
	CALL(sched_getaffinity, 0L, 0L, NULL);
	CALL(sched_setaffinity, -1L, 0L, NULL);
	CALL(sched_setattr, -1L, NULL, 0L);
	CALL(setpriority, -1L, 0L, 0L);
	CALL(getdents64, NO_FD, NULL, 0L);
#ifdef SYS_rename
	CALL(rename, NULL, NULL);
#endif
	CALL(prctl, (long)PR_GET_SECCOMP, 0L);
	CALL(clone, ~0L, 0L, 0L, 0L, 0L);
#ifdef SYS_clone3
	CALL(clone3, NULL, 0L);
#endif
}

/* In memory that it shares with who waits for it, and calls nothing of libc's
 * that could be interposed. */
static int try(void *argument)
{
	/* The kernel's own struct, of zeros: the default action. */
	static const long nothing[4];
	struct trial *trial = argument;
	long error = 0;

	CALL(rt_sigaction, (long)SIGSYS, nothing, NULL, SIGNALS);
	if (trial->strict)
		error = CALL(prctl, (long)PR_SET_SECCOMP,
			     (long)SECCOMP_MODE_STRICT, 0L, 0L, 0L);
	else if (trial->filter)
		error = CALL(prctl, (long)PR_SET_SECCOMP,
			     (long)SECCOMP_MODE_FILTER, trial->filter, 0L, 0L);
	trial->refused = error != 0;
	if (trial->engine)
		call_all_of_engine();
	trial->passed = trial->refused || can_hook();
	CALL(exit, 0L);
	return 0;
}

/* False also where no child can be had to try. */
static bool passes(struct trial *trial)
{
	char *stack = UL_REAL(mmap)(NULL, STACK, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int saved = errno, pid;
	sigset_t all, signals;

	if (stack == MAP_FAILED)
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &signals);
	pid = UL_REAL(clone)(try, stack + STACK, CLONE_VM | CLONE_VFORK, trial,
			     NULL, NULL, NULL);
	if (pid > 0)
		while (CALL(wait4, (long)pid, NULL, (long)__WALL, NULL) < 0 &&
		       errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &signals, NULL);
	UL_REAL(munmap)(stack, STACK);
	errno = saved;
	return pid > 0 && trial->passed;
}

void ul_sandbox_expect(const struct sock_fprog *filter)
{
	struct trial trial = { .filter = filter, .strict = !filter };

	if (!ul_engine || ul_inside || ul_is_confined)
		return;
	/* The one before may forbid to try. */
	if (!is_filtered && passes(&trial)) {
		is_filtered = !trial.refused;
		return;
	}
	ul_io_watches = false;
	ul_engine->confine();
	ul_is_confined = true;
}

bool ul_sandbox_lets_engine_live(void)
{
	struct trial trial = { .engine = true };

	return CALL(prctl, (long)PR_GET_SECCOMP, 0L) <= 0 || passes(&trial);
}
