/* SPDX-License-Identifier: MIT */
/* engine.c - the engine's start, and the table that the hooks call through. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "preload/engine/callsite.h"
#include "preload/engine/engine.h"
#include "preload/engine/fault.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/region.h"
#include "preload/engine/replay.h"
#include "preload/engine/stats.h"
#include "preload/engine/stub_files.h"
#include "preload/engine/thread.h"
#include "preload/engine/touch.h"
#include "preload/engine/trace.h"

const struct ul_shim *ul_shim;
struct ul_policy *ul_policy;

static struct ul_lock maps_lock = UL_LOCK_INIT(UL_RANK_MAPS);
/* Written inside the passage, read by readers. */
static struct {
	_Atomic uintptr_t start, end;
} announced[2];

void ul_passage_enter(struct ul_passage *passage)
{
	ul_signals_block(&passage->signals);
	ul_lock_take(&maps_lock);
}

void ul_passage_announce(const void *start, size_t length)
{
	uintptr_t at = (uintptr_t)start;
	int slot = atomic_load(&announced[0].end) ? 1 : 0;

	atomic_store(&announced[slot].start, at);
	atomic_store(&announced[slot].end, at + length);
}

bool ul_passage_is_announced(uintptr_t start, uintptr_t end)
{
	for (int i = 0; i < 2; i++)
		if (start >= atomic_load(&announced[i].start) &&
		    end <= atomic_load(&announced[i].end))
			return true;
	return false;
}

static void withdraw(void)
{
	for (int i = 0; i < 2; i++) {
		atomic_store(&announced[i].end, 0);
		atomic_store(&announced[i].start, 0);
	}
}

void ul_passage_done(void)
{
	if (!ul_handler_runs() || !ul_handler_is_home())
		return;
	ul_handler_settle();
	if (!ul_event_is_announced())
		return;
	ul_baton_lock();
	ul_event_settle_announced(true);
	ul_lock_drop(&ul_baton);
}

static int ask_job(void *argument)
{
	(void)argument;
	ul_event_settle_announced(false);
	return 0;
}

/* No call has said that it succeeded. */
static void settle_failed(void)
{
	char nothing = 0;

	if (!ul_handler_runs() || !ul_handler_is_home())
		return;
	ul_handler_settle();
	if (!ul_event_is_announced())
		return;
	ul_handler_ask(ask_job, &nothing, sizeof(nothing));
	ul_handler_settle();
}

void ul_passage_leave(struct ul_passage *passage)
{
	bool announced_any = announced[0].end != 0;

	/* First, so that no event is put aside any more. */
	withdraw();
	if (announced_any)
		settle_failed();
	ul_lock_drop(&maps_lock);
	ul_signals_restore(&passage->signals);
}

void ul_passage_reset(void)
{
	withdraw();
	ul_lock_reset(&maps_lock);
}

/* A thread goes on as soon as its page is there; who served it counts it then,
 * before the baton is let go of. */
static void wait_for_counts(void)
{
	sigset_t signals;

	if (!ul_handler_runs() || !ul_handler_is_home())
		return;
	ul_signals_block(&signals);
	ul_baton_lock();
	ul_lock_drop(&ul_baton);
	ul_signals_restore(&signals);
}

static int finish_stats_job(void *argument)
{
	(void)argument;
	ul_stats_finish();
	return 0;
}

/* A filter that is on this thread may kill for it; on our threads it is not. If
 * there are none, the next process sweeps the file away. */
static void finish_stats(void)
{
	struct ul_passage passage;
	char nothing = 0;

	if (!ul_handler_is_forbidden()) {
		ul_stats_finish();
	} else if (ul_handler_runs() && ul_handler_is_home()) {
		ul_passage_enter(&passage);
		ul_handler_ask(finish_stats_job, &nothing, sizeof(nothing));
		ul_passage_leave(&passage);
	}
}

static void finish(void)
{
	wait_for_counts();
	if (ul_summary_wanted())
		ul_summary_print();
	ul_replay_finish();
	ul_trace_finish();
	finish_stats();
}

/* Bytes that a rule names cannot be had any more: the user must know. */
static bool has_named_stores(void)
{
	for (size_t i = 0; i < ul_policy->n_stores; i++)
		if (ul_policy->stores[i].type == UL_STORE_FILE ||
		    ul_policy->stores[i].type == UL_STORE_BLOB)
			return true;
	return false;
}

/* The kernel may refuse it, and the program try again: once is enough. */
static void foretell(enum ul_sandbox what)
{
	static _Atomic int said;

	if (what == UL_SANDBOX_CONFINED)
		ul_touch_expect_confined();
	if (atomic_exchange(&said, (int)what) == (int)what)
		return;
	ul_log(has_named_stores() && what == UL_SANDBOX_CONFINED ?
		       UL_LOG_WARNING : UL_LOG_INFO,
	       "the program puts a filter on its system calls that does not "
	       "allow what lazy memory takes (LIMITATIONS in uffdlazy(7)): "
	       "from here on new memory %s",
	       what == UL_SANDBOX_CONFINED ? "stays plain" :
					     "may be filled at once");
}

static void sandbox(enum ul_sandbox what, bool may_advise)
{
	if (what == UL_SANDBOX_CONFINED)
		ul_touch_confine(may_advise);
	else
		ul_handler_forbid();
}

static struct ul_engine table = {
	.malloc = ul_place_malloc,
	.free = ul_place_free,
	.realloc = ul_place_realloc,
	.usable_size = ul_place_usable_size,
	.mmap = ul_place_mmap,
	.mremap = ul_remap_mremap,
	.munmap = ul_remap_munmap,
	.madvise = ul_remap_madvise,
	.mprotect = ul_remap_mprotect,
	.shmat = ul_remap_shmat,
	.release = ul_release,
	.expect_filter = ul_handler_expect_filter,
	.foretell = foretell,
	.sandbox = sandbox,
	.take = ul_place_take,
	.fill_all = ul_touch_all,
	.is_alone = ul_handler_is_alone,
	.fork_prepare = ul_fork_prepare,
	.fork_parent = ul_fork_parent,
	.fork_child = ul_fork_child,
	.fork_alone = ul_thread_strand,
	.ids_begin = ul_thread_ids_begin,
	.ids_end = ul_thread_ids_end,
	.finish = finish,
	.stub_opened = ul_stub_files_opened,
	.stub_inherited = ul_stub_files_inherited,
	.stub_read = ul_stub_files_read,
	.stub_is = ul_stub_files_is,
	.stub_refuse = ul_stub_files_refuse,
	.touch = ul_touch_memory,
	.is_lazy = ul_touch_is_lazy,
};

__attribute__((visibility("default"))) const struct ul_engine *
ul_engine_enter(const struct ul_shim *shim);

const struct ul_engine *ul_engine_enter(const struct ul_shim *shim)
{
	char message[1024];
	int error;

	if (shim->abi != UL_ENGINE_ABI)
		return NULL;
	ul_shim = shim;
	ul_page_size = (size_t)sysconf(_SC_PAGESIZE);
	ul_log_init();
	ul_handler_init();
	error = ul_policy_load(secure_getenv("UFFDLAZY_POLICY"), &ul_policy,
			       message, sizeof(message));
	if (error) {
		ul_log(UL_LOG_ERROR, "%s; memory stays plain", message);
		return NULL;
	}
	if (!ul_policy_selects(ul_policy, ul_shim->program))
		return NULL;
	ul_callsite_init();
	ul_touch_init();
	table.unwinder = ul_callsite_unwinder();
	ul_trace_init();
	if (*ul_trace_pattern())	/* what there is to say of its end */
		ul_log_keep_stderr();
	ul_replay_init();
	if (ul_place_init() < 0 || ul_stats_init(ul_policy) < 0) {
		ul_log(UL_LOG_ERROR, "%e; memory stays plain", -ENOMEM);
		return NULL;
	}
	table.malloc_threshold = ul_policy_threshold(ul_policy, UL_CALL_MALLOC);
	table.mmap_threshold =
		ul_policy_threshold(ul_policy, UL_CALL_MMAP_ANON);
	/* Less than a page cannot be lazy. */
	if (table.malloc_threshold < ul_page_size)
		table.malloc_threshold = ul_page_size;
	/* What it maps is anonymous; files are mapped when no lock of its is
	 * held, and then is soon enough. */
	if (ul_shim->foreign_malloc && table.mmap_threshold != SIZE_MAX)
		ul_handler_start();
	return &table;
}
