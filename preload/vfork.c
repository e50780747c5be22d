/* SPDX-License-Identifier: MIT */
/* vfork.c - see vfork.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine_load.h"
#include "preload/hook_io.h"
#include "preload/vfork.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define SIGNALS 8L			/* bytes of the kernel's set */
#define HIGH 200L			/* where programs have no descriptors */

#define CALL(name, ...) (UL_REAL(syscall)(SYS_##name, __VA_ARGS__))

/* The child may put something of its own where the lowest free descriptor was. */
static int move_away(int fd)
{
	int high = (int)CALL(fcntl, (long)fd, (long)F_DUPFD_CLOEXEC, HIGH);

	if (high < 0)
		return fd;
	CALL(close, (long)fd);
	return high;
}

/*
 * An end of a pipe that only the child has is closed where it ends or executes
 * a program. Where the table of descriptors is shared, or full, or nothing is
 * locked, the kernel waits as ever.
 */
bool ul_vfork_begin(struct ul_vfork *vfork, unsigned long flags)
{
	int fds[2], saved = errno;

	vfork->parent_end = vfork->child_end = -1;
	if (!(flags & CLONE_VFORK) || (flags & CLONE_FILES) ||
	    !ul_fork_is_locked())
		return false;
	if (CALL(pipe2, fds, (long)O_CLOEXEC) < 0) {
		errno = saved;
		return false;
	}
	vfork->parent_end = fds[0];
	vfork->child_end = move_away(fds[1]);
	errno = saved;
	return true;
}

void ul_vfork_child(const struct ul_vfork *vfork)
{
	if (vfork->parent_end >= 0)
		CALL(close, (long)vfork->parent_end);
}

/* What the child has forked may still have its end when it is gone. */
static void wait_for(int end, long pid)
{
	int pidfd = (int)CALL(pidfd_open, pid, 0L);
	struct pollfd fds[2] = { { .fd = end },
				 { .fd = pidfd, .events = POLLIN } };

	if (pidfd < 0 && errno == ESRCH)
		return;
	while (CALL(ppoll, fds, 2L, NULL, NULL, SIGNALS) < 0 && errno == EINTR)
		;
	if (pidfd >= 0)
		CALL(close, (long)pidfd);
}

/* No signal is handled meanwhile, as in the kernel's own wait. */
void ul_vfork_wait(const struct ul_vfork *vfork, long pid)
{
	struct ul_io_section section;

	if (vfork->parent_end < 0)
		return;
	ul_io_enter(&section);
	CALL(close, (long)vfork->child_end);
	if (pid > 0)
		wait_for(vfork->parent_end, pid);
	CALL(close, (long)vfork->parent_end);
	ul_io_leave(&section);
}
