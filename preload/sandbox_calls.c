/* SPDX-License-Identifier: MIT */
/* sandbox_calls.c - what a filter must grant; see sandbox_calls.h. */
#include "config.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "preload/sandbox_calls.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define NOBODY 0x7fffffffL		/* no process has this number */
#define NO_FD 0x7ffffff0L		/* nothing is open by this number */
/* What makes a thread, but for what the kernel will not do without. */
#define NO_THREAD                                                              \
	((long)(CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |        \
		CLONE_SYSVSEM | CLONE_SETTLS))
#define UFFD_COPY 0xc028aa03L		/* UFFDIO_COPY */
#define UFFD_API 0xc018aa3fL		/* UFFDIO_API */

static uint32_t word;

const struct ul_sandbox_call ul_sandbox_calls[] = {
	{ SYS_getpid, UL_HOOKS | UL_MUST, { 0 } },
	{ SYS_gettid, UL_HOOKS | UL_MUST, { 0 } },
	{ SYS_rt_sigprocmask, UL_HOOKS | UL_MUST,
	  { SIG_BLOCK, 0, 0, UL_SIGNALS } },
	{ SYS_rt_sigpending, UL_HOOKS, { 0, UL_SIGNALS } },
	{ SYS_rt_sigtimedwait, UL_HOOKS, { 0, 0, 0, UL_SIGNALS } },
	{ SYS_sigaltstack, UL_HOOKS, { 0 } },
	{ SYS_futex, UL_HOOKS | UL_MUST, { (long)&word, FUTEX_WAKE_PRIVATE, 1 } },
	{ SYS_mincore, UL_HOOKS, { 0 } },
	{ SYS_process_vm_readv, UL_HOOKS, { 0 } },
	{ SYS_process_vm_writev, UL_HOOKS, { 0 } },
	{ SYS_openat, UL_HOOKS, { NO_FD, (long)"", O_RDONLY } },
#ifdef SYS_readlink
	{ SYS_readlink, UL_HOOKS, { (long)"", (long)&word, 1 } },
#endif
	{ SYS_readlinkat, UL_HOOKS, { NO_FD, (long)"", (long)&word, 1 } },
	{ SYS_fcntl, UL_HOOKS, { NO_FD, F_GETFL } },
	{ SYS_fstat, UL_HOOKS, { NO_FD } },
	{ SYS_fstatfs, UL_HOOKS, { NO_FD } },
#ifdef SYS_newfstatat
	{ SYS_newfstatat, UL_HOOKS, { NO_FD, (long)"" } },
#endif
	{ SYS_read, UL_HOOKS, { NO_FD } },
	{ SYS_write, UL_HOOKS, { NO_FD } },
	{ SYS_pread64, UL_HOOKS, { NO_FD } },
	{ SYS_close, UL_HOOKS, { NO_FD } },
	{ SYS_pipe2, UL_HOOKS, { 0, ~0L } },
	{ SYS_mprotect, UL_HOOKS, { 0, 0, PROT_READ | PROT_WRITE } },
	{ SYS_madvise, UL_HOOKS, { 0, 0, 22 } },	/* MADV_POPULATE_READ */
	{ SYS_mremap, UL_HOOKS, { 0 } },
	{ SYS_munmap, UL_HOOKS, { 0 } },
	{ SYS_mmap, UL_HOOKS, { 0, 0, PROT_READ | PROT_WRITE, PRIVATE, -1 } },
	{ SYS_msync, UL_HOOKS, { 0, 0, MS_ASYNC } },
	{ SYS_sched_yield, UL_HOOKS, { 0 } },

	{ SYS_memfd_create, UL_FILLING, { 0 } },
	{ SYS_ftruncate, UL_FILLING, { NO_FD } },
	{ SYS_prlimit64, UL_FILLING, { -1 } },

	{ SYS_userfaultfd, UL_THREADS, { ~0L } },
	{ SYS_ioctl, UL_THREADS | UL_MUST, { NO_FD, UFFD_COPY } },
	{ SYS_ioctl, UL_THREADS | UL_MUST, { NO_FD, UFFD_API } },
#ifdef SYS_poll
	{ SYS_poll, UL_THREADS | UL_MUST, { 0 } },
#else
	{ SYS_ppoll, UL_THREADS | UL_MUST, { 0, 0, (long)&word } },
#endif
	{ SYS_read, UL_THREADS | UL_MUST, { NO_FD } },
	{ SYS_write, UL_THREADS | UL_MUST, { NO_FD } },
	{ SYS_close_range, UL_THREADS, { NO_FD, NO_FD } },
	{ SYS_pidfd_open, UL_THREADS, { -1 } },
#ifdef SYS_futex_waitv
	{ SYS_futex_waitv, UL_THREADS, { 0 } },
#endif
	{ SYS_eventfd2, UL_THREADS, { 0, ~0L } },
	{ SYS_memfd_create, UL_THREADS, { 0 } },
	{ SYS_ftruncate, UL_THREADS, { NO_FD } },
	{ SYS_pwrite64, UL_THREADS, { NO_FD } },
	{ SYS_sched_getaffinity, UL_THREADS, { 0 } },
	{ SYS_sched_setaffinity, UL_THREADS, { -1 } },
	{ SYS_sched_setattr, UL_THREADS, { -1 } },
	{ SYS_setpriority, UL_THREADS, { -1 } },
	{ SYS_getdents64, UL_THREADS, { NO_FD } },
	{ SYS_prlimit64, UL_THREADS, { -1 } },
	{ SYS_openat, UL_THREADS, { NO_FD, (long)"", O_RDWR | O_CREAT } },
#ifdef SYS_rename
	{ SYS_rename, UL_THREADS, { 0 } },
	{ SYS_mkdir, UL_THREADS, { (long)"" } },
	{ SYS_unlink, UL_THREADS, { (long)"" } },
	{ SYS_link, UL_THREADS, { (long)"", (long)"" } },
	{ SYS_symlink, UL_THREADS, { (long)"", (long)"" } },
#else
	{ SYS_renameat2, UL_THREADS, { NO_FD, (long)"", NO_FD, (long)"" } },
	{ SYS_mkdirat, UL_THREADS, { NO_FD, (long)"" } },
	{ SYS_linkat, UL_THREADS, { NO_FD, (long)"", NO_FD, (long)"" } },
	{ SYS_symlinkat, UL_THREADS, { (long)"", NO_FD, (long)"" } },
#endif
	{ SYS_unlinkat, UL_THREADS, { NO_FD, (long)"" } },
	{ SYS_getcwd, UL_THREADS, { 0 } },
	{ SYS_geteuid, UL_THREADS, { 0 } },
	{ SYS_getppid, UL_THREADS, { 0 } },
	{ SYS_kill, UL_THREADS, { NOBODY } },
	{ SYS_tgkill, UL_THREADS, { -1 } },
	{ SYS_clock_nanosleep, UL_THREADS, { 0 } },
	{ SYS_rt_sigaction, UL_THREADS, { 0, 0, 0, UL_SIGNALS } },
#ifdef SYS_getrandom
	{ SYS_getrandom, UL_THREADS, { 0 } },
#endif
#ifdef SYS_rseq
	{ SYS_rseq, UL_THREADS | UL_MUST, { 0 } },
#endif
	{ SYS_fcntl, UL_THREADS, { NO_FD, F_OFD_GETLK } },
	{ SYS_fcntl, UL_THREADS, { NO_FD, F_OFD_SETLK } },
	{ SYS_prctl, UL_THREADS, { PR_GET_SECCOMP } },
	{ SYS_prctl, UL_THREADS, { PR_GET_TID_ADDRESS } },
	{ SYS_prctl, UL_THREADS, { PR_SET_NAME } },
	{ SYS_set_tid_address, UL_THREADS, { 0 } },
	{ SYS_set_robust_list, UL_THREADS, { 0 } },
	{ SYS_clone, UL_THREADS, { NO_THREAD } },
#ifdef SYS_clone3
	{ SYS_clone3, UL_THREADS, { 0 } },
#endif
};
const size_t ul_sandbox_n_calls =
	sizeof(ul_sandbox_calls) / sizeof(*ul_sandbox_calls);
