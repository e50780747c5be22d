/* SPDX-License-Identifier: MIT */
/* crew.c - our threads but for the keeper: how many, on which CPUs, and how each
 * begins. What they do is in readers.c, worker.c, fill.c, replay.c and sentry.c. */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/fill.h"
#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/log.h"
#include "preload/engine/replay.h"
#include "preload/engine/scheduling.h"
#include "preload/engine/thread.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define WORKERS_MAX 4
#define GROW_NS ((uint64_t)20000000)	/* so long a fault waits for it, */
#define GROW_TIMES 50			/* so often */
#define FILTER_NS ((uint64_t)1000000000)	/* a filter waits for a turn */

static struct ul_filler fillers[UL_READERS_MAX];
static cpu_set_t all_cpus;			/* of the process */
static int cpus[UL_READERS_MAX];		/* where each reader is pinned, or -1 */
static unsigned int n_readers;
static unsigned int n_planned;		/* before any got stuck */
static struct ul_filler workers[WORKERS_MAX];
static int worker_cpus[WORKERS_MAX];	/* where each is pinned, or -1 */
static unsigned int n_workers;
static atomic_bool workers_wanted;
static atomic_bool has_workers;
static _Atomic uint32_t growing;	/* the keeper is asked to make them */
static struct ul_filler extra_filler;	/* for what is filled on request */
static int pidfd = -1;			/* this process's, for the log */
static _Atomic unsigned int n_threads;	/* of ours */
static unsigned int *libc_threads;	/* libc's count, or NULL: unknown */
static bool has_sentry;			/* the keeper's alone */

void ul_crew_init(void)
{
	n_threads = 0;
	/* Now, not when it is needed: a library's constructor may be who asks
	 * for the first lazy block, and it holds the loader's lock. */
	if (!libc_threads)
		libc_threads = dlvsym(RTLD_DEFAULT, "__nptl_nthreads",
				      "GLIBC_PRIVATE");
}

void ul_crew_find_log(void)
{
	pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	ul_log_own_thread(pidfd);
}

void ul_crew_join(const char *name)
{
	*ul_shim->inside() = 1;	/* UL_IN_ENGINE */
	prctl(PR_SET_NAME, name);
	ul_log_own_thread(pidfd);
}

/* Not begun before its post is taken, for a filter may forbid that it is said; nor
 * before it is where it runs, for who waits may be a real-time thread here. */
static void begin(const char *name)
{
	ul_crew_join(name);
	ul_sentry_watch();
	ul_thread_has_begun();
}

static void *reader_main(void *argument)
{
	struct ul_filler *filler = argument;

	ul_scheduling_pin(cpus[filler - fillers]);
	ul_scheduling_hurry();
	begin("uffdlazy-read");
	ul_readers_serve(filler);
	return NULL;
}

static void *replay_main(void *argument)
{
	(void)argument;
	begin("uffdlazy-play");
	ul_replay_serve();
	return NULL;
}

static void *worker_main(void *argument)
{
	ul_scheduling_pin(worker_cpus[(struct ul_filler *)argument - workers]);
	ul_scheduling_be_patient();
	begin("uffdlazy-ahead");
	ul_worker_serve(argument);
	return NULL;
}

/* Who made it may be bound to one. */
void ul_crew_roam(void)
{
	sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
}

/* The program's last thread must be able to end the process: libc's count of
 * threads, which decides that, must not have ours in it. Only for a thread that
 * never returns: libc takes it off the count itself when it does, and with one
 * too few it ends the process. */
void ul_crew_uncount(void)
{
	n_threads++;
	if (libc_threads)
		__atomic_fetch_sub(libc_threads, 1, __ATOMIC_ACQ_REL);
}

bool ul_handler_is_alone(void)
{
	return libc_threads && ul_handler_is_home() &&
	       __atomic_load_n(libc_threads, __ATOMIC_ACQUIRE) == 1;
}

unsigned int ul_handler_threads(void)
{
	return n_threads;
}

static void *filler_main(void *argument)
{
	begin("uffdlazy-fill");
	ul_fill_serve(argument);
	return NULL;
}

/* One for each CPU, pinned there, or as many as are of use, where they like. */
static void plan_workers(void)
{
	bool pinned = n_readers <= WORKERS_MAX;

	n_workers = pinned ? n_readers : WORKERS_MAX;
	for (unsigned int i = 0; i < n_workers; i++)
		worker_cpus[i] = pinned ? cpus[i] : -1;
}

/*
 * A reader for each CPU that the process may use: its first thread or, if that
 * has ended or is bound more closely, the one that asks.
 */
void ul_crew_plan(void)
{
	unsigned int wanted = ul_policy->workers;
	cpu_set_t own;

	n_readers = 0;
	CPU_ZERO(&all_cpus);
	CPU_ZERO(&own);
	sched_getaffinity((pid_t)syscall(SYS_getpid), sizeof(own), &all_cpus);
	sched_getaffinity(0, sizeof(own), &own);
	CPU_OR(&all_cpus, &all_cpus, &own);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all_cpus) && n_readers < 8)
			cpus[n_readers++] = cpu;
	plan_workers();
	if (wanted || !n_readers) {
		n_readers = wanted ? wanted : 1;
		if (n_readers > UL_READERS_MAX)
			n_readers = UL_READERS_MAX;
		for (unsigned int i = 0; i < n_readers; i++)
			cpus[i] = -1;
	}
	n_planned = n_readers;
}

static int start_filler(void *(*start)(void *), struct ul_filler *filler)
{
	int error = filler->scratch ? 0 : ul_filler_init(filler);

	if (!error)
		error = ul_thread_create(start, filler);
	if (!error)
		ul_crew_uncount();
	return error;
}

static int start_reader(unsigned int which)
{
	int error;

	fillers[which].reader = true;
	error = start_filler(reader_main, &fillers[which]);
	if (error)			/* or it would count as one that is free */
		fillers[which].reader = false;
	return error;
}

int ul_handler_add_filler(void)
{
	int error;

	if (ul_shim->foreign_malloc)
		return -EOPNOTSUPP;
	if (!ul_thread_may_make(GROW_NS))
		return -EAGAIN;
	error = start_filler(filler_main, &extra_filler);
	ul_thread_made();
	return error;
}

void ul_crew_want_workers(void)
{
	workers_wanted = true;
}

/* Once: some may have been made for a filter while others were asked for. */
static void make_workers(void)
{
	if (has_workers)
		return;
	has_workers = true;
	for (unsigned int i = 0; i < n_workers; i++)
		if (start_filler(worker_main, &workers[i]))
			break;
}

void ul_crew_grow(void)
{
	if (!growing)
		return;
	if (ul_thread_may_make(0)) {	/* or who needs them asks again */
		make_workers();
		ul_thread_made();
	}
	growing = 0;
	ul_futex_wake(&growing, INT_MAX);
}

bool ul_crew_is_small(void)
{
	return workers_wanted && !has_workers;
}

/*
 * Until libc does not count them any more (ul_crew_uncount), new threads look like
 * the program's own, and if its last one ended meanwhile, that would not end the
 * process by exit(3). So they are made while a thread of the program waits for a
 * page that nobody else will bring. Not for ever: that thread may hold a lock that
 * is needed, the loader's.
 */
void ul_crew_grow_beside(uint32_t thread)
{
	uint32_t asked = 0;

	if (ul_baton_is_lent() ||
	    syscall(SYS_tgkill, syscall(SYS_getpid), thread, 0) < 0 ||
	    !atomic_compare_exchange_strong(&growing, &asked, 1))
		return;
	ul_handler_nudge();
	for (int i = 0; i < GROW_TIMES && growing; i++)
		ul_futex_wait_for(&growing, 1, GROW_NS);
}

/* Threads are made at the start or never where the program's allocator may be
 * waiting for us with its locks held. */
void ul_handler_add_reader(void)
{
	if (n_readers == UL_READERS_MAX || ul_shim->foreign_malloc ||
	    !ul_thread_may_make(0))
		return;
	cpus[n_readers] = cpus[n_readers % n_planned];
	if (start_reader(n_readers) == 0)
		n_readers++;
	ul_thread_made();
}

/* What can be done without: it says so itself. False: there is none. */
static bool start_replay(void)
{
	int error;

	if (!ul_replay_open())
		return false;
	error = ul_thread_create(replay_main, NULL);
	if (error)
		ul_log(UL_LOG_WARNING, "replay: no thread for it: %e", error);
	else
		ul_crew_uncount();
	return true;
}

static void *sentry_main(void *argument)
{
	(void)argument;
	ul_crew_join("uffdlazy-watch");
	ul_thread_has_begun();
	ul_sentry_serve();
	return NULL;
}

static void start_sentry(void)
{
	if (has_sentry || !ul_sentry_is_possible())
		return;
	has_sentry = ul_thread_create(sentry_main, NULL) == 0;
	if (has_sentry)
		ul_crew_uncount();
}

/* Without the baton: to make a thread takes the loader's lock, and who has that
 * may be waiting for a page. */
static int sentry_job(void *argument)
{
	(void)argument;
	ul_lock_drop(&ul_baton);
	make_workers();			/* a filter may allow no thread */
	start_sentry();
	ul_thread_await_begun();
	ul_baton_take();
	return 0;
}

/* This is the last time that they may be: so they are, whoever has the turn. */
void ul_handler_expect_filter(void)
{
	char nothing = 0;
	sigset_t saved;
	bool turn;

	if (!ul_handler_runs() || !ul_handler_is_home() || ul_shim->foreign_malloc)
		return;
	ul_signals_block(&saved);
	turn = ul_thread_may_make(FILTER_NS);
	ul_handler_ask(sentry_job, &nothing, sizeof(nothing));
	if (turn)
		ul_thread_made();
	ul_signals_restore(&saved);
}

int ul_crew_start(void)
{
	int error;

	for (unsigned int i = 0; i < n_readers; i++) {
		error = start_reader(i);
		if (error && i == 0)
			return error;
		if (error)
			n_readers = i;	/* one is enough to go on */
	}
	if (start_replay() || ul_shim->foreign_malloc)
		make_workers();
	/* A filter that is there already is on our threads, too. */
	if (ul_shim->foreign_malloc || prctl(PR_GET_SECCOMP) > 0)
		start_sentry();
	return 0;
}

void ul_crew_forget(void)
{
	has_sentry = false;
	has_workers = false;
	workers_wanted = false;
	growing = 0;
	for (unsigned int i = 0; i < UL_READERS_MAX; i++)
		fillers[i].reader = false;
}
