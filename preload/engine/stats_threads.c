/* SPDX-License-Identifier: MIT */
/*
 * stats_threads.c - who waited for pages, and for how long
 *
 * A thread that touches a page which another thread's fault is bringing waits
 * like that one, from when its own message was read to the end of that fill;
 * until then it is on a list here. All under the baton. Allocates: no.
 */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"
#include "preload/engine/uffd.h"

#define WAITING 256			/* more than these are not counted */

static struct waiting {
	uintptr_t page;
	uint64_t arrived_ns;
	uint32_t thread;
	bool write;
} waiting[WAITING];
static unsigned int n_waiting;

/* What top and ps call it. */
static void find_name(struct ul_stat_thread *entry)
{
	char path[64] = "/proc/self/task/";
	char digits[16];
	char *at = digits + sizeof(digits) - 1;
	uint32_t number = entry->tid;
	ssize_t n;
	int fd;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	strcat(path, at);
	strcat(path, "/comm");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, entry->name, sizeof(entry->name) - 1);
	close(fd);
	if (n > 0 && entry->name[n - 1] == '\n')
		entry->name[n - 1] = '\0';
}

static struct ul_stat_thread *entry_of(uint32_t thread)
{
	static uint32_t last;		/* most faults are of one thread */
	struct ul_stat_header *header = ul_stats_header();
	struct ul_stat_thread *threads =
		(void *)((char *)header + header->threads.offset);
	uint32_t used = header->threads.used;

	if (!header->threads.room)
		return NULL;
	if (last < used && threads[last].tid == thread)
		return &threads[last];
	for (last = 0; last < used; last++)
		if (threads[last].tid == thread)
			return &threads[last];
	if (used == header->threads.room) {
		threads[used - 1].tid = 0;
		return &threads[used - 1];
	}
	ul_stats_need(&header->threads, used);
	last = used;
	threads[last].tid = thread;
	if (thread)
		find_name(&threads[last]);
	header->threads.used = used + 1;
	return &threads[last];
}

void ul_stats_thread(uint32_t thread, uint64_t ns)
{
	struct ul_stat_thread *entry = entry_of(thread);

	if (!entry)
		return;
	__atomic_fetch_add(&entry->faults, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&entry->stall_ns, ns, __ATOMIC_RELAXED);
	if (ns > entry->longest_ns)
		__atomic_store_n(&entry->longest_ns, ns, __ATOMIC_RELAXED);
}

void ul_stats_wait_begin(const struct ul_message *fault, uint64_t arrived_ns)
{
	if (n_waiting == WAITING)
		return;
	waiting[n_waiting++] = (struct waiting){
		.page = fault->address & ~(ul_page_size - 1),
		.arrived_ns = arrived_ns,
		.thread = fault->thread,
		.write = fault->write,
	};
}

void ul_stats_wait_end(uintptr_t start, uintptr_t end)
{
	uint64_t now = n_waiting ? ul_now_ns() : 0;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n_waiting; i++) {
		const struct waiting *one = &waiting[i];
		struct ul_region *region;

		if (one->page < start || one->page >= end) {
			waiting[kept++] = *one;
			continue;
		}
		region = ul_registry_find(one->page);
		if (region)
			ul_stats_fault(region, one->write, one->thread,
				       now - one->arrived_ns);
	}
	n_waiting = kept;
}

void ul_stats_wait_each(uintptr_t start, uintptr_t end,
			void (*call)(uintptr_t page, void *context),
			void *context)
{
	for (unsigned int i = 0; i < n_waiting; i++)
		if (waiting[i].page >= start && waiting[i].page < end)
			call(waiting[i].page, context);
}

void ul_stats_wait_forget(void)
{
	n_waiting = 0;
}
