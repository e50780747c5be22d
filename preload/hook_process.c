/* SPDX-License-Identifier: MIT */
/* hook_process.c - what fork and thread creation need. */
#include "config.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine_load.h"
#include "preload/hook_touch.h"
#include "preload/sandbox.h"
#include "preload/vfork.h"

int __register_atfork(void (*prepare)(void), void (*parent)(void),
		      void (*child)(void), void *dso);

/*
 * libc runs the child's handlers in the order of registration. Ours must be
 * the first, for those of the program may touch lazy memory; so whoever
 * registers first makes us register before.
 */
UL_EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void),
				void (*child)(void), void *dso)
{
	ul_register_fork_handlers();
	return UL_REAL(__register_atfork)(prepare, parent, child, dso);
}

/*
 * Where a process has one thread, libc's fork takes no lock, so that a signal's
 * handler may fork, whatever it has interrupted: malloc. Our threads hold none of
 * those locks, and must not be why the process seems to have more.
 */
UL_EXPORT pid_t fork(void)
{
	pid_t pid;

	if (!ul_engine || ul_is_confined || !ul_libc_is_single ||
	    *ul_libc_is_single || !ul_engine->is_alone())
		return UL_REAL(fork)();
	*ul_libc_is_single = 1;
	pid = UL_REAL(fork)();
	*ul_libc_is_single = 0;
	return pid;
}

/* _Fork(3) runs no handlers by itself. */
UL_EXPORT pid_t _Fork(void)
{
	pid_t pid;

	if (!UL_REAL(_Fork)) {
		errno = ENOSYS;
		return -1;
	}
	ul_fork_prepare();
	pid = ul_real._Fork();
	if (pid == 0)
		ul_fork_child_alone();
	else
		ul_fork_parent();
	return pid;
}

struct start {
	int (*function)(void *argument);
	void *argument;
	const struct ul_vfork *vfork;
};

static int start_child(void *argument)
{
	struct start *start = argument;

	ul_vfork_child(start->vfork);
	ul_fork_child_alone();
	/* libc would end this thread alone, and ours would keep the process. */
	_exit(start->function(start->argument));
}

/* What the call itself writes must be there: during a fork nobody brings it. */
static void touch_before(const void *address)
{
	char byte;

	if (address && ul_engine && ul_engine->is_lazy(address))
		ul_touch_copy(&byte, address, sizeof(byte));
}

/* A child with memory of its own is a fork's, whatever it is called. */
UL_EXPORT int clone(int (*function)(void *), void *stack, int flags,
		    void *argument, ...)
{
	struct ul_vfork vfork;
	struct start start = { function, argument, &vfork };
	void *parent_tid, *tls, *child_tid;
	va_list ap;
	int pid;

	va_start(ap, argument);
	parent_tid = va_arg(ap, void *);
	tls = va_arg(ap, void *);
	child_tid = va_arg(ap, void *);
	va_end(ap);
	if (flags & CLONE_VM && UL_TOUCHES()) {
		if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD))
			touch_before(parent_tid);
		if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
			touch_before(child_tid);
	}
	if (flags & CLONE_VM || !function || !stack)
		return UL_REAL(clone)(function, stack, flags, argument,
				      parent_tid, tls, child_tid);
	touch_before((const char *)stack - 1);
	touch_before((const char *)stack - 64);
	if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD))
		touch_before(parent_tid);
	if (flags & CLONE_CHILD_SETTID)
		touch_before(child_tid);
	ul_fork_prepare();
	if (ul_vfork_begin(&vfork, (unsigned int)flags))
		flags &= ~CLONE_VFORK;
	pid = UL_REAL(clone)(start_child, stack, flags, &start, parent_tid, tls,
			     child_tid);
	ul_fork_parent();
	ul_vfork_wait(&vfork, pid);
	return pid;
}

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#define LOCK_PI2 13			/* FUTEX_LOCK_PI2, Linux 5.14 */

/* Which argument of clone(2), by number. */
#ifdef __x86_64__
#define CHILD_TID 3
#else
#define CHILD_TID 4
#endif

/* What clone3(2) is told; later kernels may know of more. */
union clone3 {
	struct clone_args known;
	char bytes[256];
};

/* Is it a fork by number? One that shares memory, or goes on on another stack,
 * is none of our business; nor is what the kernel will refuse. */
static bool is_fork(long number, const long arguments[6], union clone3 *clone3)
{
	size_t size = (size_t)arguments[1];

	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
		return true;
#endif
	case SYS_clone:
		return !(arguments[0] & CLONE_VM) && !arguments[1];
	case SYS_clone3:
		memset(clone3, 0, sizeof(*clone3));
		return size >= CLONE_ARGS_SIZE_VER0 && size <= sizeof(*clone3) &&
		       ul_touch_copy(clone3, (const void *)arguments[0],
				     size) &&
		       !(clone3->known.flags & CLONE_VM) &&
		       !clone3->known.stack;
	default:
		return false;
	}
}

/* False: it is another call. */
static __attribute__((noinline)) bool
fork_by_number(long number, const long arguments[6], long *result)
{
	unsigned long flags = 0;
	struct ul_vfork vfork;
	union clone3 clone3;
	long first = arguments[0];

	if (!is_fork(number, arguments, &clone3))
		return false;
	if (number == SYS_clone) {
		flags = (unsigned long)first;
		if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD))
			touch_before((const void *)arguments[2]);
		if (flags & CLONE_CHILD_SETTID)
			touch_before((const void *)arguments[CHILD_TID]);
	} else if (number == SYS_clone3) {
		flags = clone3.known.flags;
		first = (long)&clone3;
		touch_before((const void *)(uintptr_t)clone3.known.parent_tid);
		touch_before((const void *)(uintptr_t)clone3.known.pidfd);
		touch_before((const void *)(uintptr_t)clone3.known.child_tid);
	}
	ul_fork_prepare();
	if (ul_vfork_begin(&vfork, flags)) {
		if (number == SYS_clone)
			first &= ~(long)CLONE_VFORK;
		else
			clone3.known.flags &= ~(uint64_t)CLONE_VFORK;
	}
	*result = UL_REAL(syscall)(number, first, arguments[1], arguments[2],
				   arguments[3], arguments[4], arguments[5]);
	if (*result == 0) {
		ul_vfork_child(&vfork);
		ul_fork_child_alone();
	} else {
		ul_fork_parent();
		ul_vfork_wait(&vfork, *result);
	}
	return true;
}

static bool may_be_fork(long number)
{
#ifdef SYS_fork
	if (number == SYS_fork)
		return true;
#endif
	return number == SYS_clone || number == SYS_clone3;
}

/* On the user-mode rung; see hook_touch.h. Memory that a call maps, unmaps or
 * protects is not what it reads or writes. */
static __attribute__((noinline)) void touch_for(long number,
						const long arguments[6])
{
	switch (number) {
	case SYS_mmap:
	case SYS_munmap:
	case SYS_mremap:
	case SYS_madvise:
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_msync:
	case SYS_mbind:
		break;
	case SYS_readv:
	case SYS_writev:
	case SYS_preadv:
	case SYS_pwritev:
	case SYS_preadv2:
	case SYS_pwritev2:
	case SYS_vmsplice:
		ul_touch_parts((const void *)arguments[1],
			       (size_t)arguments[2]);
		break;
	case SYS_sendmsg:
	case SYS_recvmsg:
		ul_touch_message((const void *)arguments[1]);
		break;
	case SYS_sendmmsg:
	case SYS_recvmmsg:
		ul_touch_messages((const void *)arguments[1],
				  (unsigned int)arguments[2]);
		ul_touch_arguments(arguments + 4, 1);	/* a time to wait */
		break;
	default:
		ul_touch_arguments(arguments, 6);
	}
}

/* What the kernel writes with a lock taken it does not wait for, on any rung. */
static __attribute__((noinline)) void touch_words(const long arguments[6])
{
	switch (arguments[1] & FUTEX_CMD_MASK) {
	case FUTEX_WAKE_OP:
	case FUTEX_LOCK_PI:
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_CMP_REQUEUE_PI:
	case LOCK_PI2:
		touch_before((const void *)arguments[0]);
		touch_before((const void *)arguments[4]);
		break;
	default:
		break;
	}
}

/* With a listener the answer is its descriptor. */
static bool is_granted(const long arguments[6], long result)
{
	return result == 0 ||
	       (result > 0 &&
		(arguments[1] & (long)SECCOMP_FILTER_FLAG_NEW_LISTENER));
}

/* Of a strict mode with flags or an argument the kernel knows nothing. */
static long seccomp_by_number(const long arguments[6])
{
	bool filter = arguments[0] == SECCOMP_SET_MODE_FILTER;
	bool strict = arguments[0] == SECCOMP_SET_MODE_STRICT &&
		      !arguments[1] && !arguments[2];
	enum ul_sandbox what = UL_SANDBOX_NONE;
	struct ul_guard guard;
	long result;

	if ((filter || strict) && ul_hook_enter(&guard)) {
		ul_engine->expect_filter();
		ul_guard_leave(&guard);
	}
	if (filter)
		what = ul_sandbox_expect((const void *)arguments[2]);
	else if (strict)
		what = ul_sandbox_expect_strict();
	result = UL_REAL(syscall)(SYS_seccomp, arguments[0], arguments[1],
				  arguments[2]);
	if (is_granted(arguments, result))
		ul_sandbox_begin(what);
	return result;
}

static long filter_by_number(const long arguments[6])
{
	enum ul_sandbox what = ul_sandbox_expect_prctl(arguments + 1);
	long result = UL_REAL(syscall)(SYS_prctl, arguments[0], arguments[1],
				       arguments[2], arguments[3], arguments[4]);

	if (result == 0)
		ul_sandbox_begin(what);
	return result;
}

/* What the kernel's events do not tell of is done as by the hooks of its name. */
UL_EXPORT long syscall(long number, ...)
{
	long a[6], result;
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
#ifdef SYS_arch_prctl
	/* There may be no thread-local data: it is about where that lies. */
	if (number == SYS_arch_prctl)
		return UL_REAL(syscall)(number, a[0], a[1]);
#endif
	if (ul_engine && !ul_inside) {
		if (may_be_fork(number) && fork_by_number(number, a, &result))
			return result;
		if (ul_memory_by_number(number, a, &result))
			return result;
		if (UL_TOUCHES())
			touch_for(number, a);
		else if (number == SYS_futex && !ul_is_confined)
			touch_words(a);
		if (number == SYS_seccomp)
			return seccomp_by_number(a);
		if (number == SYS_prctl && a[0] == PR_SET_SECCOMP)
			return filter_by_number(a);
	}
	return UL_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The kernel puts a signal's frame on a stack by itself, and kills whom it
 * cannot: so one that the program has brought is touched as a whole. */
static void touch_stack(const pthread_attr_t *attributes)
{
	void *stack;
	size_t size;

	if (attributes && pthread_attr_getstack(attributes, &stack, &size) == 0)
		ul_touch_range(stack, size);
}

/*
 * libc holds locks of its own in here, and the engine may have to create a
 * thread itself for a first lazy region: what a signal handler maps in the
 * middle of this stays plain.
 */
UL_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			     void *(*start)(void *), void *argument)
{
	struct ul_guard guard;
	bool entered = ul_guard_enter(&guard);
	int result;

	if (UL_TOUCHES())
		touch_stack(attributes);
	if (entered)
		ul_inside = UL_IN_LIBC;
	result = UL_REAL(pthread_create)(thread, attributes, start, argument);
	if (entered)
		ul_guard_leave(&guard);
	return result;
}
