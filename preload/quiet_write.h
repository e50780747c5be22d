/* SPDX-License-Identifier: MIT */
/*
 * quiet_write.h - write(2) without its signals
 *
 * Where nobody reads a pipe any more, and where a file has reached its limit, a
 * write raises SIGPIPE or SIGXFSZ in the thread that does it. That thread is the
 * program's, which has not written. So they are blocked for the time of the
 * write, and what came of it is taken back.
 */
#ifndef UL_QUIET_WRITE_H
#define UL_QUIET_WRITE_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* System calls alone: any thread may come here, and none is cancelled. False
 * also where a filter refuses one of them, and nothing was written. */
static inline bool ul_quiet_write(int fd, const char *text, size_t length)
{
	/* The kernel's sets. */
	const uint64_t pipe = (uint64_t)1 << (SIGPIPE - 1);
	const uint64_t size = (uint64_t)1 << (SIGXFSZ - 1);
	const uint64_t both = pipe | size, none = 0;
	const struct timespec now = { .tv_sec = 0 };
	uint64_t before = 0, raised, pending = 0;
	long n = -1;

	if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, &both, &before,
		    sizeof(both)) < 0)
		return false;
	if (syscall(SYS_rt_sigpending, &pending, sizeof(pending)) == 0 &&
	    syscall(SYS_rt_sigtimedwait, &none, NULL, &now, sizeof(none)) < 0 &&
	    errno == EAGAIN) {
		n = syscall(SYS_write, fd, text, length);
		raised = n >= 0 ? 0 :
			 errno == EPIPE ? pipe : errno == EFBIG ? size : 0;
		/* One that waited there before is the program's. */
		raised &= ~pending;
		if (raised)
			syscall(SYS_rt_sigtimedwait, &raised, NULL, &now,
				sizeof(raised));
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
	return n == (long)length;
}

#endif
