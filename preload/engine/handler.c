/* SPDX-License-Identifier: MIT */
/* handler.c - see handler.h: how the threads start, and the keeper, which makes the
 * others (crew.c). What they do is in queue.c and readers.c (messages of the
 * kernel) and in mailbox.c (requests of the program). */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/fill.h"
#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/log.h"
#include "preload/engine/region.h"
#include "preload/engine/scratch.h"
#include "preload/engine/stats.h"
#include "preload/engine/touch.h"
#include "preload/engine/thread.h"
#include "preload/engine/trace.h"
#include "preload/store/hold.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define UNSHARE_TABLE (1U << 1)		/* CLOSE_RANGE_UNSHARE */

#define START_NS 1000000000u		/* that a fork waits for it */

struct ul_uffd ul_the_uffd = { .fd = -1 };

enum { IDLE, STARTING, RUNS, FAILED };
static _Atomic uint32_t life;
static int life_error;			/* constant once life is FAILED */
static atomic_bool forbidden;		/* by a filter */
static atomic_bool said_why;		/* by this process or who forked it */
static _Atomic pid_t home;
static pid_t forked_by;			/* whose child this is, or 0 */
static int (*first_job)(void *argument);
static void *first_argument;
static struct ul_lock start_lock = UL_LOCK_INIT(UL_RANK_START);

void ul_handler_init(void)
{
	home = (pid_t)syscall(SYS_getpid);
	if (!forbidden)			/* nobody is made who would look */
		ul_orphan_init();
	ul_crew_init();
}

bool ul_handler_is_home(void)
{
	return home == (pid_t)syscall(SYS_getpid);
}

pid_t ul_handler_forked_by(void)
{
	return forked_by;
}

bool ul_handler_runs(void)
{
	return life == RUNS;
}

/* All of the keeper's start that can fail. */
static int open_everything(void)
{
	int error;

	if (syscall(SYS_close_range, 0, ~0U, UNSHARE_TABLE) < 0)
		return -errno;
	ul_crew_find_log();
	ul_orphan_open();
	error = ul_uffd_open(&ul_the_uffd);
	if (error)
		return error;
	ul_stats_kernel(ul_the_uffd.rung, ul_the_uffd.features);
	if (ul_the_uffd.rung == UL_RUNG_USER_ONLY) {
		if (!ul_touch_is_possible())
			return -EPERM;	/* system calls would fail: no good */
		ul_shim->user_mode();
	}
	error = ul_readers_open();
	if (error)
		return error;
	ul_stats_publish(first_job != NULL);
	ul_trace_open();
	if (first_job) {
		error = first_job(first_argument);
		if (error)
			return error;
	}
	return ul_crew_start();
}

static void *keeper_main(void *argument)
{
	int error;

	(void)argument;
	ul_crew_join(UL_STAT_KEEPER);
	ul_crew_roam();
	ul_thread_has_begun();
	error = open_everything();
	life_error = error;
	if (!error) {
		ul_stats_header()->has_keeper = 1;
		ul_crew_uncount();
		ul_sentry_watch();
		ul_thread_await_begun();
	}
	life = error ? FAILED : RUNS;
	ul_futex_wake(&life, INT_MAX);
	if (!error)
		ul_mailbox_serve();
	return NULL;
}

static int start(void)
{
	int error = ul_registry_init();
	uint32_t now;

	ul_crew_plan();
	life = STARTING;
	if (!error)
		error = ul_thread_create(keeper_main, NULL);
	if (error) {
		life_error = error;
		life = FAILED;
	}
	while ((now = life) == STARTING)
		ul_futex_wait(&life, STARTING);
	if (now == FAILED && !atomic_exchange(&said_why, true))
		ul_log(UL_LOG_WARNING,
		       "no lazy memory here, it is filled at once: %e; "
		       "uffdlazy-check tells why and what to do",
		       life_error);
	return now == FAILED ? life_error : 0;
}

/* Not now: the next one that asks tries again. */
static int start_in_turn(void)
{
	int error;

	if (!ul_thread_may_make(0))
		return -EAGAIN;
	error = start();
	ul_thread_made();
	return error;
}

static void start_once(void *argument)
{
	int *error = argument;

	ul_lock_take(&start_lock);
	*error = life == RUNS	? 0 :
		 life == FAILED ? life_error : start_in_turn();
	ul_lock_drop(&start_lock);
}

/* To make a thread takes some KiB of stack. */
int ul_handler_start(void)
{
	int error;

	if (life == RUNS)
		return 0;
	if (life == FAILED)
		return life_error;
	ul_scratch_call(start_once, &error);
	return error;
}

/* Not for ever: the program's signal handler that forks may have interrupted what
 * the start needs, the loader's lock. */
bool ul_handler_fork_prepare(void)
{
	return ul_lock_take_for(&start_lock, START_NS);
}

void ul_handler_fork_parent(bool prepared)
{
	if (prepared)
		ul_lock_drop(&start_lock);
}

void ul_handler_forget(void)
{
	ul_mailbox_forget();
	ul_fill_forget();
	ul_queue_forget();
	ul_readers_forget();
	ul_worker_forget();
	ul_sentry_forget();
	ul_crew_forget();
	ul_the_uffd.fd = -1;
	forked_by = home;
	ul_handler_init();
	ul_lock_reset(&start_lock);
	ul_thread_forget();
	ul_filler_reset_all();
	ul_store_forked();
	life = IDLE;
	if (forbidden)
		ul_handler_give_up(-EOPNOTSUPP);
}

void ul_handler_give_up(int error)
{
	life_error = error;
	life = FAILED;
}

void ul_handler_forbid(void)
{
	uint32_t idle = IDLE;

	forbidden = true;
	ul_hold_ask_nobody();
	life_error = -EOPNOTSUPP;
	atomic_compare_exchange_strong(&life, &idle, FAILED);
}

bool ul_handler_is_forbidden(void)
{
	return forbidden;
}

int ul_handler_restart(int (*function)(void *argument), void *argument)
{
	int error;

	first_job = function;
	first_argument = argument;
	error = ul_handler_start();
	first_job = NULL;
	return error;
}
