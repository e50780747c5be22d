/* SPDX-License-Identifier: MIT */
/* sandbox_trial.c - a filter that was there before this process, which only a
 * child can try; see sandbox.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/sandbox.h"
#include "preload/sandbox_calls.h"

#define STACK ((size_t)64 << 10)

struct trial {
	volatile bool passed;
	volatile bool may_wait;		/* for a child */
	const char *line;
};

/* In memory that it shares with who waits for it, and calls nothing of libc's
 * that could be interposed. */
static int try(void *argument)
{
	/* The kernel's own struct, of zeros: the default action. */
	static const long nothing[4];
	struct trial *trial = argument;
	bool granted = true;

	UL_CALL(rt_sigaction, (long)SIGSYS, nothing, NULL, UL_SIGNALS);
	for (size_t i = 0; i < ul_sandbox_n_calls; i++) {
		const long *a = ul_sandbox_calls[i].a;
		long result = UL_REAL(syscall)((long)ul_sandbox_calls[i].number, a[0],
					       a[1], a[2], a[3], a[4], a[5]);

		if (ul_sandbox_calls[i].who == (UL_HOOKS | UL_MUST) && result < 0)
			granted = false;
	}
	trial->passed = granted;
	UL_CALL(wait4, -1L, NULL, (long)WNOHANG, NULL);
	trial->may_wait = true;
	UL_CALL(exit, 0L);
	return 0;
}

/* The kernel's own struct, of its handler alone: SIG_IGN. */
static int say(void *argument)
{
	static const long ignore[4] = { 1 };
	struct trial *trial = argument;

	UL_CALL(rt_sigaction, (long)SIGPIPE, ignore, NULL, UL_SIGNALS);
	UL_CALL(rt_sigaction, (long)SIGXFSZ, ignore, NULL, UL_SIGNALS);
	UL_CALL(write, (long)STDERR_FILENO, trial->line, strlen(trial->line));
	UL_CALL(wait4, -1L, NULL, (long)WNOHANG, NULL);
	trial->may_wait = true;
	UL_CALL(exit, 0L);
	return 0;
}

/* False where no child can be had. Signals are not blocked, for that may be to
 * be killed; nobody but other constructors has handlers yet. */
static bool in_child(int work(void *), struct trial *trial)
{
	char *stack = UL_REAL(mmap)(NULL, STACK, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int saved = errno, pid;

	if (stack == MAP_FAILED)
		return false;
	pid = UL_REAL(clone)(work, stack + STACK, CLONE_VM | CLONE_VFORK, trial,
			     NULL, NULL, NULL);
	/* Else it stays a zombie, which nobody else can wait for either. */
	if (pid > 0 && trial->may_wait)
		while (UL_CALL(wait4, (long)pid, NULL, (long)__WALL, NULL) < 0 &&
		       errno == EINTR)
			;
	UL_REAL(munmap)(stack, STACK);
	errno = saved;
	return pid > 0;
}

static bool passes(void)
{
	struct trial trial = { .passed = false };

	return in_child(try, &trial) && trial.passed;
}

/* To ask prctl(2) may be to be killed. False: there is none. */
static bool may_be_filtered(void)
{
	static const char wanted[] = "\nSeccomp:\t";
	char text[4096];
	const char *found;
	int saved = errno;
	long fd = UL_CALL(openat, (long)AT_FDCWD, "/proc/self/status",
			  (long)(O_RDONLY | O_CLOEXEC));
	long n = fd < 0 ? -1 : UL_CALL(read, fd, text, sizeof(text) - 1);

	if (fd >= 0)
		UL_CALL(close, fd);
	errno = saved;
	text[n > 0 ? n : 0] = '\0';
	found = strstr(text, wanted);
	return !found || found[sizeof(wanted) - 1] != '0';
}

/* What any program's start takes, as the loader's. */
static ino_t inode(const char *path)
{
	struct stat st = { .st_ino = 0 };

#ifdef SYS_newfstatat
	UL_CALL(newfstatat, (long)AT_FDCWD, path, &st, 0L);
#else
	UL_REAL(fstatat)(AT_FDCWD, path, &st, 0);
#endif
	return st.st_ino;
}

/* A child would be the first process of a new namespace, and with its end there
 * would be no other. */
static bool may_make_children(void)
{
	int saved = errno;
	ino_t ours = inode("/proc/self/ns/pid");
	ino_t theirs = inode("/proc/self/ns/pid_for_children");

	errno = saved;
	return ours == theirs || !ours || !theirs;
}

bool ul_sandbox_lets_engine_live(void)
{
	return !may_be_filtered() || (may_make_children() && passes());
}

void ul_sandbox_say(const char *line)
{
	struct trial trial = { .line = line };

	if (may_make_children())
		in_child(say, &trial);
}
