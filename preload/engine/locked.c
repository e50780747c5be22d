/* SPDX-License-Identifier: MIT */
/*
 * locked.c - see locked.h
 *
 * Of memory that is locked (mlock(2), MCL_FUTURE) mremap(2) populates what is
 * new, at the new place, before it tells of the move; and until that has been
 * read no page can be placed (EAGAIN). So the kernel would wait for its own page
 * for ever. It passes over memory that is locked on fault (MLOCK_ONFAULT): that
 * is what the mapping is made. Its old pages are there and stay locked; the new
 * ones are missing, and are served as everywhere once the books have them. When
 * the call returns to a hook, that locks it as it was, and so populates it. After
 * a raw call it is left so.
 *
 * A thread that waits in mlock(2) looks the same while an event is on its way, and
 * its pages come when that was read. So the kernel is asked who is in mremap(2).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/folder.h"
#include "preload/engine/handler.h"
#include "preload/engine/locked.h"
#include "preload/engine/maps.h"
#include "preload/engine/plan.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"

#define ONFAULT 1UL			/* MLOCK_ONFAULT */
#define LET_GO 64
#define EVENT_TRIES 150			/* then the kernel may wait for us */

/* Of the hook's call that goes on. */
static _Atomic uintptr_t from;
static _Atomic size_t old_size, new_size;	/* 0: none, or it does not grow */
static _Atomic uint32_t grower;
/* Where pages were waited for since; by a raw call in another thread, too. */
static _Atomic uintptr_t let_go[LET_GO];
static unsigned int let_go_count;	/* (b) */

void ul_locked_grows(uintptr_t start, size_t old_length, size_t length)
{
	if (length <= old_length)
		return;
	for (size_t i = 0; i < LET_GO; i++)
		let_go[i] = 0;
	grower = (uint32_t)syscall(SYS_gettid);
	from = start;
	new_size = length;
	old_size = old_length;
}

bool ul_locked_grown(uintptr_t to)
{
	size_t old_length = atomic_exchange(&old_size, 0);

	for (size_t i = 0; old_length && i < LET_GO; i++)
		if (let_go[i] >= to + old_length && let_go[i] < to + new_size)
			return true;
	return false;
}

/* As mremap(2), which does not mind a page that cannot be had. */
void ul_locked_populate(uintptr_t start, size_t length)
{
	syscall(SYS_mlock2, start, length, 0UL);
}

/* What was just moved is one mapping. Without /proc it is the hook's call. */
static void find(uintptr_t page, struct ul_mapping *mapping)
{
	if (ul_maps_find(page, mapping) || !old_size)
		return;
	mapping->start = page - old_size;
	mapping->end = mapping->start + new_size;
}

static int lock_on_fault(const struct ul_mapping *mapping)
{
	if (syscall(SYS_mlock2, mapping->start, mapping->end - mapping->start,
		    ONFAULT) == 0)
		return 0;
	if (errno == EPERM || errno == ENOSYS)
		ul_handler_refused("growth of locked memory", -errno);
	return -errno;
}

static void note_and_wake(uintptr_t page)
{
	let_go[let_go_count++ % LET_GO] = page;
	ul_handler_wake(page, ul_page_size);
}

/*
 * "25 0x7f...": a thread's system call, while it waits in one. False: it may be
 * mremap(2), and the bool that context leads to is true. A process that has
 * changed its user may not read that of its own threads.
 */
static bool is_elsewhere(int tasks, const char *thread, void *context)
{
	char path[32], text[32] = "";
	long number = 0;
	ssize_t n = -1;
	int fd;

	if (strlen(thread) + sizeof("/syscall") > sizeof(path))
		return true;
	strcpy(path, thread);
	strcat(path, "/syscall");
	fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		number = errno == EACCES || errno == EPERM ? SYS_mremap : 0;
	if (fd >= 0)
		close(fd);
	for (const char *at = text; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (*at - '0');
	*(bool *)context = number == SYS_mremap;
	return number != SYS_mremap;
}

/* True also where the kernel does not say. */
static bool anybody_in_mremap(void)
{
	char room[2048] __attribute__((aligned(8)));
	int tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool found = false;

	if (tasks < 0)
		return true;
	if (ul_folder_each(tasks, room, sizeof(room), is_elsewhere, &found) < 0)
		found = true;
	close(tasks);
	return found;
}

void ul_locked_let_go(uintptr_t page)
{
	struct ul_mapping mapping = { .start = page,
				      .end = page + ul_page_size };

	/* Of memory without a file it asks for the lock, and does nothing. */
	if (msync((void *)page, ul_page_size, MS_ASYNC | MS_INVALIDATE) == 0 ||
	    errno != EBUSY)
		return;
	/* A move that had the map when this began is over, or waits. */
	if (!ul_uffd_is_changing(&ul_the_uffd) || !anybody_in_mremap())
		return;
	find(page, &mapping);
	lock_on_fault(&mapping);
	note_and_wake(page);
}

static void let_go_waiting(uintptr_t page, void *unused)
{
	(void)unused;
	ul_locked_let_go(page);
}

void ul_locked_await_event(const struct ul_plan *plan, unsigned int *tries)
{
	if (ul_handler_drain() != 0)
		return;
	if (++*tries % EVENT_TRIES == 0) {
		if (plan->demand)
			ul_locked_let_go(plan->page);
		ul_stats_wait_each(plan->start, plan->end, let_go_waiting,
				   NULL);
	}
	ul_handler_breathe();
}

bool ul_locked_grows_into(uintptr_t page, uint32_t thread)
{
	struct ul_mapping mapping = { .start = from, .end = from + new_size };

	if (!old_size || thread != grower || page < from + old_size ||
	    page >= mapping.end)
		return false;
	if (lock_on_fault(&mapping) < 0)
		return false;	/* it has moved, to just there */
	note_and_wake(page);
	return true;
}
