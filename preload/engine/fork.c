/* SPDX-License-Identifier: MIT */
/*
 * fork.c - lazy memory in a fork's child
 *
 * The kernel drops the registration in the child, and every page that was not
 * filled would read as zeros there. So the child's handler, which runs before
 * fork returns and before those of the program, opens a descriptor of its own
 * and registers every region again. What is present it has inherited; what is
 * missing faults, and is filled from the stores, whose mappings it has, too.
 *
 * Around the fork we are in the passage, so that no hook is in the middle of a
 * change, and have the baton, so that the books are whole. No signal handler
 * may run meanwhile in this thread: it could map memory, and wait for us.
 *
 * Behind our handler libc takes its allocator's locks. Who has one may be in a
 * signal handler that touches a lazy page, so the baton is lent to who serves
 * faults (baton.c), and the child may be made in the middle of that. Its copy of
 * memory is not of one moment then, but of each page of it at some moment while
 * the kernel places nothing. What a fault's path writes, and what becomes of it:
 *
 *   filled                   set after the copy: a bit that is not set is of a
 *                            page that may be there, which does no harm
 *   heat, resident bytes     counted anew (ul_stats_restart)
 *   counters, latency        begin anew (the same)
 *   threads and who waits    the same; a name may be one of the parent's threads
 *   fillers                  idle (ul_filler_reset_all)
 *   messages, streaks, naps  forgotten (ul_queue_forget, ul_readers_forget)
 *   streams, wanted work     forgotten (ul_worker_forget)
 *   the replay's batch       dropped (ul_replay_forked)
 *   watching, given up       forgotten (ul_mailbox_forget, ul_filler_reset_all)
 *   the record's fills       in the parent's file; the child has its own
 *   events that are held     applied in the child (ul_event_forked); one that the
 *                            kernel was just handing out is of another thread's
 *                            call, which comes after the fork as well as before
 *   regions, stores, locks   not written, not taken
 *
 * MADV_DONTFORK is not in the books. The child asks the kernel, but only when it
 * has cause to: a registration that fails.
 */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>

#include "preload/engine/callsite.h"
#include "preload/engine/engine.h"
#include "preload/engine/fault.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/lost.h"
#include "preload/engine/maps.h"
#include "preload/engine/place.h"
#include "preload/engine/region.h"
#include "preload/engine/replay.h"
#include "preload/engine/scratch.h"
#include "preload/engine/stats.h"
#include "preload/engine/thread.h"
#include "preload/engine/trace.h"
#include "preload/engine/walkers.h"

static struct ul_passage passage;	/* the forking thread's; inside it */
static bool holds_start;		/* the same */

/* What a raw mremap(2) has added to a file's mapping is in the books when it
 * is first touched; the child must know it before. */
static int catch_up_job(void *argument)
{
	struct ul_sighting seen;
	uintptr_t at = 0;

	(void)argument;
	ul_handler_catch_up();
	while (ul_registry_look(at, UINTPTR_MAX, &seen)) {
		if ((seen.flags & UL_REGION_REFILLS) &&
		    !(seen.flags & UL_REGION_DIRECT))
			ul_fault_explore(seen.region);
		at = seen.end;
	}
	return 0;
}

void ul_fork_prepare(void)
{
	struct ul_passage ours;
	char nothing = 0;
	sigset_t signals;
	bool prepared;

	/* Before all: a handler that maps memory would wait for this fork. */
	ul_signals_block(&signals);
	prepared = ul_handler_fork_prepare();
	ul_walkers_fork_prepare();
	ul_passage_enter(&ours);
	ours.signals = signals;
	passage = ours;
	holds_start = prepared;
	/* What is gone must not be registered again in the child: no event may
	 * be left from other threads' raw calls. */
	for (;;) {
		if (ul_handler_runs() && ul_handler_is_home())
			ul_handler_ask(catch_up_job, &nothing, sizeof(nothing));
		ul_handler_settle();
		ul_thread_fork_prepare();
		ul_baton_lock();
		if (!ul_event_is_open())
			break;
		ul_lock_drop(&ul_baton);
		ul_thread_fork_parent();
	}
	if (ul_handler_runs())
		ul_stats_count(&ul_stats_header()->forks);
	ul_baton_lend();
}

static int drain_job(void *argument)
{
	(void)argument;
	ul_handler_drain();
	ul_handler_hand_over();
	return 0;
}

void ul_fork_parent(void)
{
	struct ul_passage ours = passage;
	bool prepared = holds_start;
	char nothing = 0;
	bool held;

	ul_baton_take_back();
	held = ul_event_is_open();
	ul_lock_drop(&ul_baton);
	ul_thread_fork_parent();
	ul_walkers_fork_parent();
	if (held)
		ul_handler_ask(drain_job, &nothing, sizeof(nothing));
	ul_handler_fork_parent(prepared);
	ul_passage_leave(&ours);
}

/* --- the child ------------------------------------------------------------------ */

/* The kernel registers a range with holes in it without a word; msync(2), which
 * does nothing else here, tells of them. */
static void note_gap(struct ul_region *region, void *context)
{
	if (msync((void *)region->start, region->end - region->start,
		  MS_ASYNC) < 0)
		*(bool *)context = true;
}

static void note_failure(struct ul_region *region, void *context)
{
	if (!(region->flags & UL_REGION_DIRECT) &&
	    ul_uffd_register(&ul_the_uffd, region->start,
			     region->end - region->start) < 0)
		*(bool *)context = true;
	note_gap(region, context);
}

/* The parent's pages did not come along, for all or a part of a region. */
static void drop_gap(uintptr_t start, uintptr_t end, void *context)
{
	(void)context;
	ul_registry_remove(start, end);
	ul_lost_forget(start, end);	/* nor did blocks */
}

/* Where no handler begins: what it would find when it registers them again. */
static void drop_gaps(void)
{
	bool found = false;

	ul_baton_lock();
	ul_registry_each(note_gap, &found);
	if (found)
		ul_maps_gaps(drop_gap, NULL);
	ul_lock_drop(&ul_baton);
}

/* On the keeper, before there are readers, under no lock: nobody else runs. */
static int register_again(void *argument)
{
	bool failed = false;

	(void)argument;
	ul_baton_lock();
	ul_event_forked();
	ul_registry_wipe();
	ul_registry_each(note_failure, &failed);
	if (failed) {
		ul_maps_gaps(drop_gap, NULL);
		failed = false;
		ul_registry_each(note_failure, &failed);
	}
	ul_lock_drop(&ul_baton);
	return failed ? -EINVAL : 0;
}

static void count_lazy(struct ul_region *region, void *context)
{
	size_t *count = context;

	*count += !(region->flags & UL_REGION_DIRECT);
}

static void begin_again(void *argument)
{
	size_t lazy = 0;
	int error;

	(void)argument;
	ul_log_forked();
	ul_handler_forget();
	ul_place_forked();
	ul_registry_each(count_lazy, &lazy);
	if (!lazy)
		drop_gaps();
	ul_replay_forked();
	ul_trace_forked();
	/* Its locks are still held by the fork that made us. */
	if (ul_shim->foreign_malloc)
		ul_handler_give_up(-EDEADLK);
	if (ul_registry_count() == 0) {
		ul_stats_detach();
	} else if (!lazy) {
		ul_stats_publish(true);	/* the kernel has seen to the rest */
	} else {
		error = ul_handler_restart(register_again, NULL);
		if (error) {
			ul_event_forked();
			drop_gaps();
			ul_registry_wipe();
			ul_fork_fill(error);
		}
	}
}

/* On whatever stack it has: that of a signal handler which forks, or clone's. */
void ul_fork_child(void)
{
	sigset_t saved = passage.signals;

	ul_baton_reset();
	ul_passage_reset();
	ul_walkers_fork_child();
	ul_callsite_fork_child();
	ul_stats_fork_child();
	ul_scratch_call(begin_again, NULL);
	ul_signals_restore(&saved);
}
