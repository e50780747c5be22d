/* SPDX-License-Identifier: MIT */
/*
 * queue.c - what the kernel tells
 *
 * All messages that wait are read at once: events are applied to the books on
 * the spot, and faults, which the kernel gives out before events, are put into
 * a ring until the events behind them have been applied. Who serves them is in
 * readers.c.
 */
#include "config.h"

#include <poll.h>
#include <sched.h>
#include <time.h>

#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/locked.h"
#include "preload/engine/placing.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"

#define PENDING 256
#define BREATHS 100			/* then the kernel waits for some page */

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

/* Odd while a thread reads messages and applies events. */
static _Atomic uint64_t settle_count;

void ul_queue_forget(void)
{
	pending_count = 0;
	turned_away_start = UINTPTR_MAX;
	turned_away_end = 0;
	if (settle_count & 1)
		settle_count++;
}

bool ul_handler_is_settled(void)
{
	return !(settle_count & 1) && !ul_event_is_open();
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

struct ul_message ul_queue_pop(uint64_t *arrived_ns)
{
	struct ul_message fault = pending[pending_first].fault;

	*arrived_ns = pending[pending_first].arrived_ns;
	pending_first = (pending_first + 1) % PENDING;
	if (--pending_count <= PENDING / 2 && turned_away_end) {
		ul_handler_wake(turned_away_start,
			     turned_away_end - turned_away_start);
		turned_away_start = UINTPTR_MAX;
		turned_away_end = 0;
	}
	return fault;
}

static void take_event(const struct ul_message *event, bool lent)
{
	ul_placing_await_end();
	if (lent)
		ul_event_hold(event);
	else
		ul_event_apply(event);
}

int ul_handler_drain(void)
{
	struct ul_message messages[UL_UFFD_READ_MAX];
	bool lent = ul_baton_is_lent();
	int total = 0;
	int n, room;

	ul_placing_await_begun();
	atomic_fetch_add(&settle_count, 1);
	if (!lent)
		ul_event_apply_held();
	do {
		uint64_t now = ul_now_ns();

		room = lent ? ul_event_room() : UL_UFFD_READ_MAX;
		if (room && ul_placing_goes_on())
			room = 1;
		n = room ? ul_uffd_read(&ul_the_uffd, messages, room) : 0;
		for (int i = 0; i < n; i++) {
			if (messages[i].kind == UL_MESSAGE_FAULT)
				push(&messages[i], now);
			else
				take_event(&messages[i], lent);
		}
		total += n > 0 ? n : 0;
	} while (n == UL_UFFD_READ_MAX);
	if (!lent)
		ul_event_catch_up();
	atomic_fetch_add(&settle_count, 1);
	if (n < 0)
		ul_handler_refused("reading faults", n);
	return total;
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

/*
 * Who waits until the kernel has told what it changes may wait for a move that
 * itself waits for a page (locked.h), whose fault was read and lies here. That is
 * one that the books do not know; or, in the end, any.
 */
static void let_go_of_pending(void)
{
	static unsigned int breaths;	/* (b) */
	bool any;

	if (!pending_count || !ul_uffd_is_changing(&ul_the_uffd))
		return;
	any = ++breaths % BREATHS == 0;
	for (unsigned int i = 0; i < pending_count; i++) {
		uintptr_t page = pending[(pending_first + i) % PENDING]
					 .fault.address & ~(ul_page_size - 1);

		if (any || !ul_registry_find(page))
			ul_locked_let_go(page);
	}
}

void ul_handler_breathe(void)
{
	struct timespec moment = { 0, 20000 };

	let_go_of_pending();
	ul_lock_drop(&ul_baton);
	nanosleep(&moment, NULL);
	ul_baton_borrow();
}
