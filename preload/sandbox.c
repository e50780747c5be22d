/* SPDX-License-Identifier: MIT */
/* sandbox.c - see sandbox.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/filter.h"
#include "preload/hook_touch.h"
#include "preload/sandbox.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define STACK ((size_t)64 << 10)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define NOBODY 0x7fffffffL		/* no process has this number */
#define NO_FD 0x7ffffff0L		/* nothing is open by this number */
#define SIGNALS 8L			/* bytes of the kernel's set */
/* What makes a thread, but for what the kernel will not do without. */
#define NO_THREAD                                                              \
	((long)(CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |        \
		CLONE_SYSVSEM | CLONE_SETTLS))
#define UFFD_COPY 0xc028aa03L		/* UFFDIO_COPY */
#define UFFD_API 0xc018aa3fL		/* UFFDIO_API */

atomic_bool ul_is_confined;
static bool may_advise;			/* by the filter that is asked for */
static bool advice_is_granted = true;	/* by those that are there */
static uint32_t word;

/* Whose calls they are, and must they be granted? */
enum { HOOKS, FILLING, THREADS, NEEDS, MUST = 4 };

/* What each needs, with arguments that do nothing. The rest may be refused, but
 * must not kill. */
static const struct call {
	unsigned int number, who;
	long a[6];
} calls[] = {
	{ SYS_getpid, HOOKS | MUST, { 0 } },
	{ SYS_gettid, HOOKS | MUST, { 0 } },
	{ SYS_rt_sigprocmask, HOOKS | MUST, { SIG_BLOCK, 0, 0, SIGNALS } },
	{ SYS_rt_sigpending, HOOKS, { 0, SIGNALS } },
	{ SYS_rt_sigtimedwait, HOOKS, { 0, 0, 0, SIGNALS } },
	{ SYS_futex, HOOKS | MUST, { (long)&word, FUTEX_WAKE_PRIVATE, 1 } },
	{ SYS_mincore, HOOKS, { 0 } },
	{ SYS_process_vm_readv, HOOKS, { 0 } },
	{ SYS_process_vm_writev, HOOKS, { 0 } },
	{ SYS_openat, HOOKS, { NO_FD, (long)"", O_RDONLY } },
#ifdef SYS_readlink
	{ SYS_readlink, HOOKS, { (long)"", (long)&word, 1 } },
#endif
	{ SYS_readlinkat, HOOKS, { NO_FD, (long)"", (long)&word, 1 } },
	{ SYS_fcntl, HOOKS, { NO_FD, F_GETFL } },
	{ SYS_fstat, HOOKS, { NO_FD } },
	{ SYS_fstatfs, HOOKS, { NO_FD } },
#ifdef SYS_newfstatat
	{ SYS_newfstatat, HOOKS, { NO_FD, (long)"" } },
#endif
	{ SYS_read, HOOKS, { NO_FD } },
	{ SYS_write, HOOKS, { NO_FD } },
	{ SYS_pread64, HOOKS, { NO_FD } },
	{ SYS_close, HOOKS, { NO_FD } },
	{ SYS_pipe2, HOOKS, { 0, ~0L } },
	{ SYS_mprotect, HOOKS, { 0, 0, PROT_READ | PROT_WRITE } },
	{ SYS_madvise, HOOKS, { 0, 0, 22 } },	/* MADV_POPULATE_READ */
	{ SYS_mremap, HOOKS, { 0 } },
	{ SYS_munmap, HOOKS, { 0 } },
	{ SYS_mmap, HOOKS, { 0, 0, PROT_READ | PROT_WRITE, PRIVATE, -1 } },
	{ SYS_msync, HOOKS, { 0, 0, MS_ASYNC } },
	{ SYS_sched_yield, HOOKS, { 0 } },

	{ SYS_memfd_create, FILLING, { 0 } },
	{ SYS_ftruncate, FILLING, { NO_FD } },
	{ SYS_prlimit64, FILLING, { -1 } },

	{ SYS_userfaultfd, THREADS, { ~0L } },
	{ SYS_ioctl, THREADS | MUST, { NO_FD, UFFD_COPY } },
	{ SYS_ioctl, THREADS | MUST, { NO_FD, UFFD_API } },
#ifdef SYS_poll
	{ SYS_poll, THREADS | MUST, { 0 } },
#else
	{ SYS_ppoll, THREADS | MUST, { 0, 0, (long)&word } },
#endif
	{ SYS_read, THREADS | MUST, { NO_FD } },
	{ SYS_write, THREADS | MUST, { NO_FD } },
	{ SYS_close_range, THREADS, { NO_FD, NO_FD } },
	{ SYS_pidfd_open, THREADS, { -1 } },
#ifdef SYS_futex_waitv
	{ SYS_futex_waitv, THREADS, { 0 } },
#endif
	{ SYS_eventfd2, THREADS, { 0, ~0L } },
	{ SYS_memfd_create, THREADS, { 0 } },
	{ SYS_ftruncate, THREADS, { NO_FD } },
	{ SYS_pwrite64, THREADS, { NO_FD } },
	{ SYS_sched_getaffinity, THREADS, { 0 } },
	{ SYS_sched_setaffinity, THREADS, { -1 } },
	{ SYS_sched_setattr, THREADS, { -1 } },
	{ SYS_setpriority, THREADS, { -1 } },
	{ SYS_getdents64, THREADS, { NO_FD } },
	{ SYS_prlimit64, THREADS, { -1 } },
	{ SYS_openat, THREADS, { NO_FD, (long)"", O_RDWR | O_CREAT } },
#ifdef SYS_rename
	{ SYS_rename, THREADS, { 0 } },
	{ SYS_mkdir, THREADS, { (long)"" } },
	{ SYS_unlink, THREADS, { (long)"" } },
	{ SYS_link, THREADS, { (long)"", (long)"" } },
	{ SYS_symlink, THREADS, { (long)"", (long)"" } },
#else
	{ SYS_renameat2, THREADS, { NO_FD, (long)"", NO_FD, (long)"" } },
	{ SYS_mkdirat, THREADS, { NO_FD, (long)"" } },
	{ SYS_linkat, THREADS, { NO_FD, (long)"", NO_FD, (long)"" } },
	{ SYS_symlinkat, THREADS, { (long)"", NO_FD, (long)"" } },
#endif
	{ SYS_unlinkat, THREADS, { NO_FD, (long)"" } },
	{ SYS_getcwd, THREADS, { 0 } },
	{ SYS_geteuid, THREADS, { 0 } },
	{ SYS_getppid, THREADS, { 0 } },
	{ SYS_kill, THREADS, { NOBODY } },
	{ SYS_rt_sigaction, THREADS, { 0, 0, 0, SIGNALS } },
#ifdef SYS_getrandom
	{ SYS_getrandom, THREADS, { 0 } },
#endif
#ifdef SYS_rseq
	{ SYS_rseq, THREADS | MUST, { 0 } },
#endif
	{ SYS_fcntl, THREADS, { NO_FD, F_OFD_GETLK } },
	{ SYS_prctl, THREADS, { PR_GET_SECCOMP } },
	{ SYS_prctl, THREADS, { PR_GET_TID_ADDRESS } },
	{ SYS_prctl, THREADS, { PR_SET_NAME } },
	{ SYS_set_tid_address, THREADS, { 0 } },
	{ SYS_set_robust_list, THREADS, { 0 } },
	{ SYS_clone, THREADS, { NO_THREAD } },
#ifdef SYS_clone3
	{ SYS_clone3, THREADS, { 0 } },
#endif
};
#define CALLS (sizeof(calls) / sizeof(*calls))

#define CALL(name, ...) (UL_REAL(syscall)(SYS_##name, __VA_ARGS__))

/* --- a filter that the program installs ------------------------------------------ */

/* What a filter does to each who needs calls. */
struct findings {
	bool kills[NEEDS];
	bool lacks[NEEDS];		/* a call that it must have */
	bool refuses[NEEDS];		/* any call */
	bool advice;			/* madvise(2) is refused */
};

static void look_at(const struct sock_fprog *filter, struct findings *found)
{
	struct seccomp_data data = { .arch = ul_filter_arch() };

	memset(found, 0, sizeof(*found));
	for (size_t i = 0; i < CALLS; i++) {
		unsigned int who = calls[i].who & ~MUST;
		uint32_t action;

		data.nr = (int)calls[i].number;
		for (int j = 0; j < 6; j++)
			data.args[j] = (uint64_t)calls[i].a[j];
		action = ul_filter_run(filter, &data) & SECCOMP_RET_ACTION_FULL;
		if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
			continue;
		found->refuses[who] = true;
		found->advice |= calls[i].number == SYS_madvise;
		found->lacks[who] |= calls[i].who & MUST;
		found->kills[who] |= action != SECCOMP_RET_ERRNO &&
				     action != SECCOMP_RET_TRACE &&
				     action != SECCOMP_RET_USER_NOTIF;
	}
}

static enum ul_sandbox verdict_on(const struct sock_fprog *filter)
{
	struct findings found;
	bool live;

	look_at(filter, &found);
	may_advise = !found.advice;
	live = !found.kills[THREADS] && !found.lacks[THREADS];
	if (found.kills[HOOKS] || found.lacks[HOOKS] ||
	    (found.kills[FILLING] && (!live || found.refuses[THREADS])))
		return UL_SANDBOX_CONFINED;
	return live ? UL_SANDBOX_NONE : UL_SANDBOX_NO_START;
}

/* 0; EFAULT: nothing is there; or another error: it cannot be told. */
static int read_there(void *to, const void *from, size_t length)
{
	struct iovec there = { (void *)from, length }, here = { to, length };

	UL_TOUCH_RANGE(from, length);
	if (CALL(process_vm_readv, CALL(getpid, 0), &here, 1L, &there, 1L,
		 0L) == (long)length)
		return 0;
	return errno;
}

/* Can the kernel read it? As above. */
static int is_there(const struct sock_fprog *filter)
{
	char part[512];
	size_t left = filter->len * sizeof(*filter->filter);
	const char *at = (const char *)filter->filter;
	int error = 0;

	for (size_t n; left && !error; at += n, left -= n) {
		n = left < sizeof(part) ? left : sizeof(part);
		error = read_there(part, at, n);
	}
	return error;
}

static bool is_meant(void)
{
	return ul_engine && !ul_inside && !ul_is_confined &&
	       ul_stdio_is_home();
}

static void foretell(enum ul_sandbox what)
{
	struct ul_guard guard;

	if (!ul_guard_enter(&guard))
		return;
	ul_engine->foretell(what);
	ul_guard_leave(&guard);
}

enum ul_sandbox ul_sandbox_expect(const struct sock_fprog *filter)
{
	enum ul_sandbox what = UL_SANDBOX_CONFINED;
	struct sock_fprog copy;
	int saved = errno, error;

	if (!filter || !is_meant())
		return UL_SANDBOX_NONE;
	may_advise = false;
	error = read_there(&copy, filter, sizeof(copy));
	if (!error)
		error = is_there(&copy);
	if (!error)
		what = verdict_on(&copy);
	else if (error == EFAULT)	/* and that will the kernel say, too */
		what = UL_SANDBOX_NONE;
	if (what != UL_SANDBOX_NONE)
		foretell(what);
	errno = saved;
	return what;
}

enum ul_sandbox ul_sandbox_expect_strict(void)
{
	if (!is_meant())
		return UL_SANDBOX_NONE;
	may_advise = false;
	foretell(UL_SANDBOX_CONFINED);
	return UL_SANDBOX_CONFINED;
}

void ul_sandbox_begin(enum ul_sandbox what)
{
	/* One more in a confined process was not looked at. */
	if (ul_is_confined) {
		what = UL_SANDBOX_CONFINED;
		may_advise = false;
	}
	advice_is_granted = advice_is_granted && may_advise;
	if (what == UL_SANDBOX_NONE)
		return;
	if (what == UL_SANDBOX_CONFINED)
		ul_io_watches = false;
	ul_engine->sandbox(what, advice_is_granted);
	if (what == UL_SANDBOX_CONFINED)
		ul_is_confined = true;
}

/* --- one that was there before, which only a child can try ----------------------- */

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

	CALL(rt_sigaction, (long)SIGSYS, nothing, NULL, SIGNALS);
	for (size_t i = 0; i < CALLS; i++) {
		const long *a = calls[i].a;
		long result = UL_REAL(syscall)((long)calls[i].number, a[0],
					       a[1], a[2], a[3], a[4], a[5]);

		if (calls[i].who == (HOOKS | MUST) && result < 0)
			granted = false;
	}
	trial->passed = granted;
	CALL(wait4, -1L, NULL, (long)WNOHANG, NULL);
	trial->may_wait = true;
	CALL(exit, 0L);
	return 0;
}

/* The kernel's own struct, of its handler alone: SIG_IGN. */
static int say(void *argument)
{
	static const long ignore[4] = { 1 };
	struct trial *trial = argument;

	CALL(rt_sigaction, (long)SIGPIPE, ignore, NULL, SIGNALS);
	CALL(rt_sigaction, (long)SIGXFSZ, ignore, NULL, SIGNALS);
	CALL(write, (long)STDERR_FILENO, trial->line, strlen(trial->line));
	CALL(wait4, -1L, NULL, (long)WNOHANG, NULL);
	trial->may_wait = true;
	CALL(exit, 0L);
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
		while (CALL(wait4, (long)pid, NULL, (long)__WALL, NULL) < 0 &&
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
	long fd = CALL(openat, (long)AT_FDCWD, "/proc/self/status",
		       (long)(O_RDONLY | O_CLOEXEC));
	long n = fd < 0 ? -1 : CALL(read, fd, text, sizeof(text) - 1);

	if (fd >= 0)
		CALL(close, fd);
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
	CALL(newfstatat, (long)AT_FDCWD, path, &st, 0L);
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
