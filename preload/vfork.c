/* SPDX-License-Identifier: MIT */
/*
 * vfork.c - see vfork.h.
 *
 * Where a process ends or executes a program the kernel lets the parent of a
 * vfork go on, and in the same place goes through the list of its robust
 * futexes (set_robust_list(2)). The child gets such a list with one word, in
 * memory that it shares with its parent, who waits there. It had no list: one is
 * not inherited, and libc makes one for forks and threads of its own. A child that
 * takes another list is looked at, ten times a second.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "preload/engine_load.h"
#include "preload/hook_io.h"
#include "preload/vfork.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define SIGNALS 8L			/* bytes of the kernel's set */
#define LOOK_NS 100000000L		/* between looks where it is */
#define FORKED_NO_EXEC 0x40UL		/* the kernel's PF_FORKNOEXEC */

#define CALL(name, ...) (UL_REAL(syscall)(SYS_##name, __VA_ARGS__))

/* A page that both processes have. */
struct ul_vfork_page {
	struct robust_list_head head;
	struct robust_list entry;
	/* 0 until the child runs; its thread's ID, as of who holds a lock; then
	 * FUTEX_OWNER_DIED. */
	_Atomic uint32_t word;
};

/* Where there is no memory the kernel waits as ever. */
bool ul_vfork_begin(struct ul_vfork *vfork, unsigned long flags)
{
	struct ul_vfork_page *page;
	int saved = errno;

	vfork->page = NULL;
	vfork->shares_table = flags & CLONE_FILES;
	if (!(flags & CLONE_VFORK) || !ul_fork_is_locked())
		return false;
	page = UL_REAL(mmap)(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	errno = saved;
	if (page == MAP_FAILED)
		return false;
	page->head.list.next = &page->entry;
	page->entry.next = &page->head.list;
	page->head.futex_offset =
		(long)offsetof(struct ul_vfork_page, word) -
		(long)offsetof(struct ul_vfork_page, entry);
	vfork->page = page;
	return true;
}

void ul_vfork_child(const struct ul_vfork *vfork)
{
	struct ul_vfork_page *page = vfork->page;

	if (!page)
		return;
	CALL(set_robust_list, &page->head, sizeof(page->head));
	atomic_store(&page->word, (uint32_t)CALL(gettid, 0L) | FUTEX_WAITERS);
}

/* Without the locale. */
static unsigned long number(const char *digits)
{
	unsigned long n = 0;

	while (*digits >= '0' && *digits <= '9')
		n = n * 10 + (unsigned long)(*digits++ - '0');
	return n;
}

/* It may be that of another pid namespace. */
static bool is_our_proc(void)
{
	char pid[24] = "";

	return CALL(readlinkat, (long)AT_FDCWD, "/proc/self", pid,
		    sizeof(pid) - 1) > 0 &&
	       number(pid) == (unsigned long)CALL(getpid, 0L);
}

/* Has it executed a program, or ended? Its state and its flags tell, as in
 * /proc/PID/stat: "1 (a) b) S 1 1 1 0 -1 flags". Where that cannot be read, no. */
static bool has_left(long pid)
{
	char path[] = "/proc/00000000000000000000/stat", text[256] = "";
	char *at = path + sizeof("/proc/") - 1 + 20;
	long n, fd;

	for (n = pid; n; n /= 10)
		*--at = (char)('0' + n % 10);
	at -= sizeof("/proc/") - 1;
	memcpy(at, "/proc/", sizeof("/proc/") - 1);
	fd = is_our_proc() ? CALL(openat, (long)AT_FDCWD, at,
				  (long)(O_RDONLY | O_CLOEXEC)) :
			     -1;
	if (fd < 0)
		return false;
	n = CALL(read, fd, text, sizeof(text) - 1);
	CALL(close, fd);
	at = n > 0 ? strrchr(text, ')') : NULL;
	if (at && at[1] && (at[2] == 'Z' || at[2] == 'X'))
		return true;
	for (n = 0; n < 7 && at; n++)
		at = strchr(at + 1, ' ');
	return at && !(number(at + 1) & FORKED_NO_EXEC);
}

/* It was killed before it had its list. */
static bool has_ended(int pidfd)
{
	const struct timespec at_once = { 0, 0 };
	struct pollfd fds = { .fd = pidfd, .events = POLLIN };

	return pidfd >= 0 &&
	       CALL(ppoll, &fds, 1L, &at_once, NULL, SIGNALS) > 0;
}

/* No descriptor where the child has the same table: it would see it, and may give
 * its number to another file. */
static void wait_for(const struct ul_vfork *vfork, long pid)
{
	const struct timespec while_alive = { 0, LOOK_NS };
	struct ul_vfork_page *page = vfork->page;
	int pidfd = vfork->shares_table ? -1 : (int)CALL(pidfd_open, pid, 0L);
	bool gone = !vfork->shares_table && pidfd < 0 && errno == ESRCH;

	while (!gone) {
		uint32_t seen = atomic_load(&page->word);

		if (seen & FUTEX_OWNER_DIED)
			break;
		if (CALL(futex, &page->word, (long)FUTEX_WAIT, (long)seen,
			 &while_alive, NULL, 0L) < 0 &&
		    errno == ETIMEDOUT)
			gone = has_ended(pidfd) || has_left(pid);
	}
	if (pidfd >= 0)
		CALL(close, (long)pidfd);
}

/* No signal is handled meanwhile, as in the kernel's own wait. */
void ul_vfork_wait(const struct ul_vfork *vfork, long pid)
{
	struct ul_io_section section;

	if (!vfork->page)
		return;
	ul_io_enter(&section);
	if (pid > 0)
		wait_for(vfork, pid);
	UL_REAL(munmap)(vfork->page, sizeof(*vfork->page));
	ul_io_leave(&section);
}
