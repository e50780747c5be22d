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
#include "preload/engine/locked.h"
#include "preload/engine/readahead.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"

/* So many times in a row one reader served, never longer after the last time:
 * the others nap. */
#define STREAK 8
#define STREAK_NS 1000000
#define NAP_MS 8
#define TRIAL_MS 1

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
static _Atomic uint32_t idle_readers;
static int kick_fd = -1;		/* wakes one idle reader */
static _Atomic uint32_t n_serving, n_napping;	/* readers */
static _Atomic bool is_reading;		/* a reader that has the baton */
static _Atomic uint64_t times_served;	/* by any reader */

static struct reader {
	struct ul_filler *filler;
	int nap_fd;			/* sends it to sleep; -1: nothing does */
	_Atomic bool listens;		/* to that */
} readers[UL_READERS_MAX];		/* n_serving of them */
static const struct reader *server;	/* (b) the last one to serve */
static uint64_t server_ns;		/* (b) when */
static unsigned int streak;		/* (b) times, without another's */

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
	for (unsigned int i = 0; i < n_serving; i++)
		readers[i].listens = false;
	n_serving = n_napping = 0;
	is_reading = false;
	if (settle_count & 1)
		settle_count++;
	kick_fd = -1;
	server = NULL;
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
	bool lent = ul_baton_is_lent();
	int total = 0;
	int n, room;

	atomic_fetch_add(&settle_count, 1);
	if (!lent)
		ul_event_apply_held();
	do {
		uint64_t now = ul_now_ns();

		room = lent ? ul_event_room() : UL_UFFD_READ_MAX;
		n = room ? ul_uffd_read(&ul_the_uffd, messages, room) : 0;
		for (int i = 0; i < n; i++) {
			if (messages[i].kind == UL_MESSAGE_FAULT)
				push(&messages[i], now);
			else if (lent)
				ul_event_hold(&messages[i]);
			else
				ul_event_apply(&messages[i]);
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

void ul_queue_kick(void)
{
	uint64_t one = 1;

	if (pending_count && idle_readers &&
	    write(kick_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		ul_handler_refused("waking a reader", -errno);
}

static bool take_one(const struct pollfd *fd)
{
	uint64_t count;

	return (fd->revents & POLLIN) &&
	       read(fd->fd, &count, sizeof(count)) == sizeof(count);
}

enum call {
	CALL_NONE,			/* in time */
	CALL_MESSAGE,
	CALL_KICK,			/* there is work that no message tells of */
	CALL_NAP,
};

/* Wait for a kick, and a message unless it naps, so many milliseconds (-1: any
 * time, or until it is sent to sleep). */
static enum call wait_for_call(struct reader *reader, bool naps, int ms)
{
	struct pollfd fds[] = { { .fd = kick_fd, .events = POLLIN },
				{ .fd = naps ? -1 : ul_the_uffd.fd,
				  .events = POLLIN },
				{ .fd = ms < 0 ? reader->nap_fd : -1,
				  .events = POLLIN } };
	const struct timespec moment = { 0, 20000 };
	enum call call = CALL_NONE;

	/* Who leaves work behind looks for idle readers; so this one looks for
	 * work after it has said that it is idle. */
	atomic_fetch_add(&idle_readers, 1);
	reader->listens = ms < 0 && reader->nap_fd >= 0;
	if (poll(fds, 3, pending_count ? 0 : ms) < 0) {
		nanosleep(&moment, NULL);	/* refused: look without it */
		fds[1].revents = POLLIN;
	}
	reader->listens = false;
	atomic_fetch_sub(&idle_readers, 1);
	if (take_one(&fds[0]) || pending_count)
		call = CALL_KICK;
	else if (fds[1].revents)
		call = CALL_MESSAGE;
	else if (take_one(&fds[2]))
		call = CALL_NAP;
	return call;
}

/*
 * A fault wakes every reader, and one on another CPU comes when the nearest has
 * the baton already. It does not queue up for it while that one reads.
 */
static bool take_baton_for_reading(bool kicked)
{
	if (!ul_lock_try(&ul_baton)) {
		if (is_reading && !kicked)
			return false;
		ul_lock_take(&ul_baton);
	}
	ul_baton_keep_borrowed();
	is_reading = true;
	return true;
}

/* What was read, and what comes meanwhile. */
static void serve_pending(struct ul_filler *filler)
{
	struct pending next;

	while (pending_count || (ul_event_is_open() && !ul_baton_is_lent())) {
		if (!pending_count) {
			ul_handler_breathe();
			ul_handler_drain();
			continue;
		}
		next = pop();
		ul_fault_serve(filler, &next.fault, next.arrived_ns);
		ul_worker_wake();
	}
}

void ul_queue_work(struct ul_filler *filler)
{
	ul_handler_drain();
	serve_pending(filler);
}

/*
 * A fault wakes every reader, and to wake one on another CPU costs the faulting
 * thread more than to serve a small fault. So those that always come too late
 * stay away. In between they try again, for the faults may have moved to their
 * CPU. One always stays.
 */
static void send_others_to_sleep(const struct reader *reader)
{
	const uint64_t one = 1;

	for (unsigned int i = 0; i < n_serving; i++)
		if (&readers[i] != reader && readers[i].listens &&
		    write(readers[i].nap_fd, &one, sizeof(one)) < 0)
			ul_handler_refused("sending a reader to sleep", -errno);
}

/* Under the baton. */
static void note_served(const struct reader *reader)
{
	uint64_t now = ul_now_ns();

	if (server != reader || now - server_ns > STREAK_NS)
		streak = 0;
	server = reader;
	server_ns = now;
	atomic_fetch_add(&times_served, 1);
	if (++streak % STREAK == 0)
		send_others_to_sleep(reader);
}

/* False: there was nothing to do. */
static bool serve(const struct reader *reader, bool kicked)
{
	bool useful;

	if (!take_baton_for_reading(kicked))
		return false;
	useful = ul_handler_drain() > 0 || kicked || pending_count ||
		 ul_event_is_open();
	is_reading = false;
	if (useful) {
		serve_pending(reader->filler);
		note_served(reader);
	}
	ul_lock_drop(&ul_baton);
	return useful;
}

static void nap(struct reader *reader)
{
	enum call call;
	uint64_t seen;

	do {
		call = CALL_NONE;
		if (atomic_fetch_add(&n_napping, 1) + 1 < n_serving)
			call = wait_for_call(reader, true, NAP_MS);
		atomic_fetch_sub(&n_napping, 1);
		seen = times_served;
		if (call == CALL_NONE)
			call = wait_for_call(reader, false, TRIAL_MS);
		if (call != CALL_NONE && serve(reader, call == CALL_KICK))
			return;
	} while (times_served - seen >= STREAK / 2);
}

void ul_queue_serve(struct ul_filler *filler)
{
	struct reader *reader = &readers[atomic_fetch_add(&n_serving, 1)];

	reader->filler = filler;
	reader->nap_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (;;) {
		enum call call = wait_for_call(reader, false, -1);

		if (call == CALL_NAP)
			nap(reader);
		else
			serve(reader, call == CALL_KICK);
	}
}
