/* SPDX-License-Identifier: MIT */
/*
 * readers.c - who serves the faults that the kernel tells of
 *
 * A fault wakes every reader that waits, and who has the baton first serves it.
 * Where faults are always served by the same one, the others nap.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/stats.h"

/* So many times in a row one reader served, never longer after the last time:
 * the others nap. */
#define STREAK 8
#define STREAK_NS 1000000
#define NAP_MS 8
#define TRIAL_MS 1

static int kick_fd = -1;		/* wakes one idle reader */
static _Atomic uint32_t idle_readers;
static _Atomic uint32_t n_serving, n_napping;
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

int ul_readers_open(void)
{
	kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	return kick_fd < 0 ? -errno : 0;
}

void ul_readers_forget(void)
{
	idle_readers = 0;
	for (unsigned int i = 0; i < n_serving; i++)
		readers[i].listens = false;
	n_serving = n_napping = 0;
	is_reading = false;
	kick_fd = -1;
	server = NULL;
}

static void kick_one(void)
{
	uint64_t one = 1;

	/* Full: enough of them are awake. */
	if (write(kick_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		ul_handler_refused("waking a reader", -errno);
}

/* One that is just about to wait counts as idle only later, so this does not
 * look whether any is. */
void ul_handler_hand_over(void)
{
	if (ul_handler_has_pending() || ul_event_is_open())
		kick_one();
}

void ul_readers_kick(void)
{
	if (ul_handler_has_pending() && idle_readers)
		kick_one();
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
	if (poll(fds, 3, ul_handler_has_pending() ? 0 : ms) < 0) {
		nanosleep(&moment, NULL);	/* refused: look without it */
		fds[1].revents = POLLIN;
	}
	reader->listens = false;
	atomic_fetch_sub(&idle_readers, 1);
	if (take_one(&fds[0]) || ul_handler_has_pending())
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
	struct ul_message fault;
	uint64_t arrived_ns;

	while (ul_handler_has_pending() ||
	       (ul_event_is_open() && !ul_baton_is_lent())) {
		if (!ul_handler_has_pending()) {
			ul_handler_breathe();
			ul_handler_drain();
			continue;
		}
		fault = ul_queue_pop(&arrived_ns);
		ul_fault_serve(filler, &fault, arrived_ns);
		ul_worker_wake();
	}
}

void ul_readers_work(struct ul_filler *filler)
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

bool ul_readers_one_serves(void)
{
	return streak >= STREAK && ul_now_ns() - server_ns <= STREAK_NS;
}

/* False: there was nothing to do. */
static bool serve(const struct reader *reader, bool kicked)
{
	bool useful;

	if (!take_baton_for_reading(kicked))
		return false;
	useful = ul_handler_drain() > 0 || kicked || ul_handler_has_pending() ||
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

void ul_readers_serve(struct ul_filler *filler)
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
