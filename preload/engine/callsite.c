/* SPDX-License-Identifier: MIT */
/* callsite.c - walking the call stack; see callsite.h */
#include "config.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/engine/callsite.h"
#include "preload/engine/engine.h"
#include "preload/engine/log.h"
#include "preload/engine/walkers.h"
#include "preload/object.h"

static int (*their_access_mem)(unw_addr_space_t space, unw_word_t address,
			       unw_word_t *value, int write, void *argument);

/* An address that is not there is an error, not a signal. The program may have
 * walks of its own. */
static int access_mem(unw_addr_space_t space, unw_word_t address,
		      unw_word_t *value, int write, void *argument)
{
	struct iovec local = { value, sizeof(*value) };
	struct iovec remote = { (void *)address, sizeof(*value) };
	uintptr_t page = address & ~(uintptr_t)4095;
	unsigned char present[2];
	ssize_t n;

	if (!*ul_shim->inside())
		return their_access_mem(space, address, value, write, argument);
	if (write) {			/* a register, in the context we gave */
		memcpy((void *)address, value, sizeof(*value));
		return 0;
	}
	n = syscall(SYS_process_vm_readv, syscall(SYS_gettid), &local, 1UL,
		    &remote, 1UL, 0UL);
	if (n == (ssize_t)sizeof(*value))
		return 0;
	if (n >= 0 || (errno != ENOSYS && errno != EPERM) ||
	    mincore((void *)page, address + sizeof(*value) - page, present) < 0)
		return -UNW_EINVAL;
	memcpy(value, (void *)address, sizeof(*value));
	return 0;
}

static bool is_pipe(const int fds[2])
{
	struct stat in, out;

	return fstat(fds[0], &in) == 0 && fstat(fds[1], &out) == 0 &&
	       S_ISFIFO(in.st_mode) && S_ISFIFO(out.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static struct ul_object engine_object, shim_object, unwinder_object;

void ul_callsite_init(void)
{
	unw_accessors_t *accessors;
	int fds[2];

	ul_object_find((const void *)ul_callsite_init, &engine_object);
	ul_object_find((const void *)ul_shim->inside, &shim_object);
	ul_object_find(ul_callsite_unwinder(), &unwinder_object);
	/* Its pipe gets the numbers that one gets now. */
	if (pipe2(fds, O_CLOEXEC) < 0)
		fds[0] = fds[1] = -1;
	close(fds[0]);
	close(fds[1]);
	accessors = unw_get_accessors(unw_local_addr_space);
	if (is_pipe(fds)) {
		close(fds[0]);
		close(fds[1]);
	}
	if (accessors) {
		their_access_mem = accessors->access_mem;
		accessors->access_mem = access_mem;
	}
}

bool ul_callsite_is_shim(const void *function)
{
	return ul_object_holds(&shim_object, function);
}

bool ul_callsite_is_unwinder(const void *function)
{
	return ul_object_holds(&unwinder_object, function);
}

const void *ul_callsite_unwinder(void)
{
	return (const void *)(uintptr_t)unw_backtrace;
}

/* Walks that do without libunwind's cache of frames: it makes a walk many times
 * as fast, but to make it costs a thread 256 KiB, and as much as some walks. */
#define FIRST_WALKS 8

static atomic_int first_walks;

struct backtrace {
	void *pcs[UL_CALLSITE_DEPTH];
	int depth;
};

static void trace_back(void *context)
{
	struct backtrace *backtrace = context;

	backtrace->depth = unw_backtrace(backtrace->pcs, UL_CALLSITE_DEPTH);
}

static void step_back(struct backtrace *backtrace)
{
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t pc;

	unw_getcontext(&context);
	if (unw_init_local(&cursor, &context) < 0)
		return;
	do {
		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) < 0)
			return;
		backtrace->pcs[backtrace->depth++] = (void *)pc;
	} while (backtrace->depth < UL_CALLSITE_DEPTH &&
		 unw_step(&cursor) > 0);
}

static void walk(struct backtrace *found)
{
	if (first_walks < FIRST_WALKS && first_walks++ < FIRST_WALKS)
		step_back(found);
	else
		ul_walkers_run(trace_back, found);
}

static void say_barred(void)
{
	static atomic_bool said;

	if (!atomic_exchange(&said, true))
		ul_log(UL_LOG_WARNING,
		       "fork: another thread looked at its call stack meanwhile; "
		       "this child cannot look at its own, and rules with "
		       "\"caller\" or \"object\" pass it over");
}

void ul_callsite_capture(struct ul_callsite *site)
{
	struct backtrace found = { .depth = 0 };
	int from = 0;

	site->depth = site->named = 0;
	if (ul_walkers_are_barred()) {
		say_barred();
		return;
	}
	ul_walkers_begin();
	/* A thread's first walk allocates for thread-local data, and it may be
	 * the allocator, its locks taken, that has called us. */
	if (!ul_shim->foreign_malloc)
		walk(&found);
	/* Our own frames, the engine's and then the hook's, come first. */
	while (from < found.depth &&
	       (ul_object_holds(&engine_object, found.pcs[from]) ||
		ul_object_holds(&shim_object, found.pcs[from])))
		from++;
	if (found.depth > from) {
		site->depth = (size_t)(found.depth - from);
		memcpy(site->pcs, found.pcs + from,
		       site->depth * sizeof(void *));
	}
	ul_walkers_end();
}
