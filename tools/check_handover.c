/* SPDX-License-Identifier: MIT */
/*
 * check_handover.c - what a fault costs beside its fill
 *
 * uffdlazy-stat counts from when a fault's message has been read to when its
 * thread has been woken. What a thread loses before and after that is this
 * machine's, not the store's: so it is measured here. A thread touches pages,
 * and another one, pinned to the same processor or to another, serves them as
 * the engine's readers do; the hand-over is the touch less the service.
 */
#include "config.h"

#include "preload/engine/uffd.h"
#include "tools/check.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FAULTS 64			/* of a trial, at the most */
#define ENOUGH 9			/* below: nothing can be said */
#define LONGEST_NS UINT64_C(300000000)	/* of a trial, on a busy machine */

struct trial {
	struct ul_uffd uffd;
	char *memory;
	size_t page;
	int processor;			/* the reader's */
	atomic_bool stop;
	atomic_uint served;		/* counts */
	uint64_t service_ns;		/* of the last one */
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void stay_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Until told to stop, or something fails: then the descriptor is closed, which
 * lets go who waits. */
static void *serve(void *argument)
{
	struct trial *trial = argument;
	struct pollfd poll_fd = { .fd = trial->uffd.fd, .events = POLLIN };
	struct ul_message message;
	size_t done;

	stay_on(trial->processor);
	while (!atomic_load(&trial->stop)) {
		uint64_t begin;

		if (poll(&poll_fd, 1, 10) < 0)
			break;
		if (ul_uffd_read(&trial->uffd, &message, 1) != 1)
			continue;
		begin = now();
		if (message.kind != UL_MESSAGE_FAULT)
			continue;
		if (ul_uffd_zero(&trial->uffd,
				 message.address & ~(trial->page - 1),
				 trial->page, &done) != 0)
			break;
		trial->service_ns = now() - begin;
		atomic_fetch_add(&trial->served, 1);
	}
	close(trial->uffd.fd);
	return NULL;
}

static int by_size(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* The median, in ns, or -1. */
static int64_t touch_all(struct trial *trial)
{
	int64_t cost[FAULTS];
	uint64_t first = now();
	unsigned int n = 0;

	while (n < FAULTS && now() - first < LONGEST_NS) {
		uint64_t begin = now(), took;

		(void)*(volatile char *)(trial->memory + n * trial->page);
		took = now() - begin;
		while (atomic_load(&trial->served) != n + 1)
			if (now() - first > 4 * LONGEST_NS)
				return -1;	/* it has given up */
			else
				sched_yield();
		cost[n++] = (int64_t)(took - trial->service_ns);
	}
	if (n < ENOUGH)
		return -1;
	qsort(cost, n, sizeof(*cost), by_size);
	/* Who is woken on the same processor may be there before the reader
	 * has looked at its clock. */
	return cost[n / 2] > 0 ? cost[n / 2] : 0;
}

/* The hand-over from one processor to another, or the same. -1: not known. */
static int64_t try_between(int from, int to)
{
	struct trial trial = { .processor = to };
	int64_t median = -1;
	pthread_t reader;
	size_t size;

	trial.page = (size_t)sysconf(_SC_PAGESIZE);
	size = FAULTS * trial.page;
	if (ul_uffd_open(&trial.uffd) != 0)
		return -1;
	trial.memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (trial.memory == MAP_FAILED) {
		close(trial.uffd.fd);
		return -1;
	}
	stay_on(from);
	if (ul_uffd_register(&trial.uffd, (uintptr_t)trial.memory, size) != 0 ||
	    pthread_create(&reader, NULL, serve, &trial) != 0) {
		close(trial.uffd.fd);
	} else {
		median = touch_all(&trial);
		atomic_store(&trial.stop, true);
		pthread_join(reader, NULL);
	}
	munmap(trial.memory, size);
	return median;
}

static const char *in_words(int64_t ns, char text[32])
{
	if (ns < 10000)
		snprintf(text, 32, "%.1f us", (double)ns / 1e3);
	else
		snprintf(text, 32, "%.0f us", (double)ns / 1e3);
	return text;
}

void check_handover(struct check_report *report)
{
	cpu_set_t allowed;
	int64_t same, other = -1;
	int first = -1, second = -1, cpu;
	char found[128], a[32], b[32];

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE && second < 0; cpu++) {
		if (!CPU_ISSET((size_t)cpu, &allowed))
			continue;
		if (first < 0)
			first = cpu;
		else
			second = cpu;
	}
	same = try_between(first, first);
	if (second >= 0)
		other = try_between(first, second);
	sched_setaffinity(0, sizeof(allowed), &allowed);
	if (same < 0)
		return;
	snprintf(found, sizeof(found), "%s on one processor%s%s%s",
		 in_words(same, a), other >= 0 ? ", " : "",
		 other >= 0 ? in_words(other, b) : "",
		 other >= 0 ? " between two" : "");
	check_report_add(report, CHECK_OK, "hand-over", found,
		"what a fault costs beside what uffdlazy-stat calls stalled",
		"");
}
