/* SPDX-License-Identifier: MIT */
/*
 * queue.c - what the kernel tells, and who does something about it
 *
 * All messages that wait are read at once: events are applied to the books on
 * the spot, and faults, which the kernel gives out before events, are put into
 * a ring until the events behind them have been applied.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/readahead.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"

#define NOTHING_MAX 8
#define NAP_MS 4

#define PENDING 256

struct pending {
	struct ul_message fault;
	uint64_t arrived_ns;
};

static struct pending pending[PENDING];	/* (b) a ring */
static unsigned int pending_first;
static _Atomic unsigned int pending_count;	/* (b) to change */
/*
 * (b) Faults that found no room lie in this range. Their threads are woken,
 * and fault again, when half of the ring is free; at once would be too early:
 * they would be back before the next message is read, and so for ever.
 */
static uintptr_t turned_away_start = UINTPTR_MAX, turned_away_end;
static _Atomic uint32_t idle_readers;
static int kick_fd = -1;		/* wakes one idle reader */
static _Atomic uint32_t n_serving, n_napping;	/* readers */
static _Atomic bool is_reading;		/* who has the baton will read */
static _Atomic uint64_t times_served;	/* by any reader */

/* Odd while a thread reads messages and applies events. */
static _Atomic uint64_t settle_count;

int ul_queue_open(void)
{
	kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	return kick_fd < 0 ? -errno : 0;
}

void ul_queue_forget(void)
{
	pending_count = 0;
	turned_away_start = UINTPTR_MAX;
	turned_away_end = 0;
	idle_readers = 0;
	n_serving = n_napping = 0;
	is_reading = false;
	if (settle_count & 1)
		settle_count++;
	kick_fd = -1;
}

void ul_handler_settle(void)
{
	uint64_t seen = settle_count;

	while ((seen & 1) && settle_count == seen)
		sched_yield();
	while (ul_event_is_open())
		sched_yield();
}

static void push(const struct ul_message *fault, uint64_t now)
{
	uintptr_t page = fault->address & ~(ul_page_size - 1);
	struct pending *entry;

	if (pending_count == PENDING) {
		if (page < turned_away_start)
			turned_away_start = page;
		if (page + ul_page_size > turned_away_end)
			turned_away_end = page + ul_page_size;
		return;
	}
	entry = &pending[(pending_first + pending_count++) % PENDING];
	entry->fault = *fault;
	entry->arrived_ns = now;
}

static struct pending pop(void)
{
	struct pending next = pending[pending_first];

	pending_first = (pending_first + 1) % PENDING;
	if (--pending_count <= PENDING / 2 && turned_away_end) {
		ul_handler_wake(turned_away_start,
			     turned_away_end - turned_away_start);
		turned_away_start = UINTPTR_MAX;
		turned_away_end = 0;
	}
	return next;
}

int ul_handler_drain(void)
{
	struct ul_message messages[UL_UFFD_READ_MAX];
	int total = 0;
	int n;

	atomic_fetch_add(&settle_count, 1);
	do {
		uint64_t now = ul_now_ns();

		n = ul_uffd_read(&ul_the_uffd, messages, UL_UFFD_READ_MAX);
		for (int i = 0; i < n; i++) {
			if (messages[i].kind == UL_MESSAGE_FAULT)
				push(&messages[i], now);
			else
				ul_event_apply(&messages[i]);
		}
		total += n > 0 ? n : 0;
	} while (n == UL_UFFD_READ_MAX);
	ul_event_catch_up();
	atomic_fetch_add(&settle_count, 1);
	if (n < 0)
		ul_handler_refused("reading faults", n);
	return total;
}

/* One that is just about to wait counts as idle only later, so this does not
 * look whether any is. */
void ul_handler_hand_over(void)
{
	uint64_t one = 1;

	/* Full: enough of them are awake. */
	if ((pending_count || ul_event_is_open()) &&
	    write(kick_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		ul_handler_refused("waking a reader", -errno);
}

void ul_handler_catch_up(void)
{
	bool read_any = false;

	while (ul_uffd_is_changing(&ul_the_uffd)) {
		read_any = true;
		if (ul_handler_drain() == 0)
			ul_handler_breathe();
	}
	if (read_any)
		ul_handler_hand_over();
}

bool ul_handler_has_pending(void)
{
	return pending_count != 0;
}

bool ul_handler_is_wanted(void)
{
	struct pollfd fds = { .fd = ul_the_uffd.fd, .events = POLLIN };

	return pending_count || ul_event_is_open() || poll(&fds, 1, 0) > 0;
}

void ul_handler_breathe(void)
{
	struct timespec moment = { 0, 20000 };
	bool will_read = is_reading;

	is_reading = false;
	ul_lock_drop(&ul_baton);
	nanosleep(&moment, NULL);
	ul_lock_take(&ul_baton);
	is_reading = will_read;
}

void ul_queue_kick(void)
{
	uint64_t one = 1;

	if (pending_count && idle_readers &&
	    write(kick_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		ul_handler_refused("waking a reader", -errno);
}

/* True: we were kicked, and there is work that no message tells of. */
static bool wait_for_work(void)
{
	struct pollfd fds[] = { { .fd = ul_the_uffd.fd, .events = POLLIN },
				{ .fd = kick_fd, .events = POLLIN } };
	const struct timespec moment = { 0, 20000 };
	uint64_t count;

	/* Who leaves work behind looks for idle readers; so this one looks for
	 * work after it has said that it is idle. */
	atomic_fetch_add(&idle_readers, 1);
	if (poll(fds, 2, pending_count ? 0 : -1) < 0)
		nanosleep(&moment, NULL);	/* refused: look without it */
	atomic_fetch_sub(&idle_readers, 1);
	return pending_count || ((fds[1].revents & POLLIN) &&
	       read(kick_fd, &count, sizeof(count)) == sizeof(count));
}

/* Is it certain that the baton's holder reads messages before it lets go? */
void ul_queue_will_read(bool will)
{
	is_reading = will;
}

/*
 * A fault wakes every reader, and one on another CPU comes when the nearest has
 * the baton already. It does not queue up for it: that one reads what there is
 * before it lets go. A thread that only places pages does not.
 */
static bool take_baton_for_reading(bool kicked)
{
	if (!ul_lock_try(&ul_baton)) {
		if (is_reading && !kicked)
			return false;
		ul_lock_take(&ul_baton);
	}
	is_reading = true;
	return true;
}

/*
 * A reader that is woken again and again for what another one serves stays
 * away for a while: to wake it costs the faulting thread more than to serve a
 * small fault. It comes back by itself, and when it is kicked, and to see
 * whether the faults have moved to its CPU. One always stays.
 */
static void nap_after_nothing(unsigned int *nothing)
{
	struct pollfd kick = { .fd = kick_fd, .events = POLLIN };

	if (++*nothing < NOTHING_MAX)
		return;
	*nothing = NOTHING_MAX / 2;
	if (atomic_fetch_add(&n_napping, 1) + 1 < n_serving) {
		atomic_fetch_add(&idle_readers, 1);
		poll(&kick, 1, pending_count ? 0 : NAP_MS);
		atomic_fetch_sub(&idle_readers, 1);
	}
	atomic_fetch_sub(&n_napping, 1);
}

void ul_queue_work(struct ul_filler *filler)
{
	struct pending next;

	ul_handler_drain();
	while (pending_count || ul_event_is_open()) {
		if (!pending_count) {
			ul_handler_breathe();
			ul_handler_drain();
			continue;
		}
		next = pop();
		ul_fault_serve(filler, &next.fault, next.arrived_ns);
		ul_worker_wake();
		ul_handler_drain();
	}
}

void ul_queue_serve(struct ul_filler *filler)
{
	unsigned int nothing = 0;	/* times woken, for what another served */
	uint64_t seen = times_served;
	bool kicked, useful;

	atomic_fetch_add(&n_serving, 1);
	for (;;) {
		kicked = wait_for_work();
		useful = take_baton_for_reading(kicked);
		if (useful) {
			useful = ul_handler_drain() > 0 || kicked ||
				 pending_count || ul_event_is_open();
			if (useful)
				ul_queue_work(filler);
			is_reading = false;
			ul_lock_drop(&ul_baton);
		}
		if (useful) {
			nothing = 0;
			atomic_fetch_add(&times_served, 1);
		} else if (times_served != seen) {
			nap_after_nothing(&nothing);
		}
		seen = times_served;
	}
}
