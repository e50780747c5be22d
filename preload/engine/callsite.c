/* SPDX-License-Identifier: MIT */
/*
 * callsite.c - see callsite.h
 *
 * A backtrace is cheap; a name is not: libunwind reads the object's symbol
 * table from its file, static functions included. So names are kept in a table
 * by address, for as long as no object is loaded or unloaded: an address may
 * mean another function after that.
 */
#include "config.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/engine/callsite.h"
#include "preload/engine/engine.h"
#include "preload/engine/lock.h"
#include "preload/engine/log.h"
#include "preload/engine/object.h"
#include "preload/engine/stats.h"

#define BUCKETS 1024
#define CHUNK ((size_t)64 << 10)

struct name {
	struct name *next;
	void *pc;
	uint64_t function_offset;
	uint64_t object_offset;
	const char *function;		/* NULL: unknown */
	const char *object;
	bool unread;			/* the function, for now */
};

static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_LEAF);
static struct ul_lock key_lock = UL_LOCK_INIT(UL_RANK_START);
static struct name *table[BUCKETS];	/* under the lock */
static unsigned long long loads;	/* under the lock: dl_iterate_phdr's */

/* --- fork --- */

/*
 * libunwind and the loader have locks of their own, which no fork's child gets
 * back from a thread that it does not have. So a fork waits until nobody walks,
 * and who would begin to walk waits until it is done. Neither for ever: a
 * thread that waits here may hold what the other one needs, as the loader's
 * lock in a callback of dl_iterate_phdr(3).
 */
#define PATIENCE_NS ((uint64_t)1000 * 1000 * 1000)

static _Atomic uint32_t walkers;	/* threads between begin and end */
static _Atomic uint32_t forking;	/* threads that wait to, or do */
/* Somebody walks while a thread forks, for its patience was over or the other's:
 * nobody can walk in that child, nor in its children. */
static atomic_bool met;
static bool blind;			/* constant but for a fork's child */

/* Until *word is no more than that. */
static void await(_Atomic uint32_t *word, uint32_t most)
{
	uint64_t until = ul_now_ns() + PATIENCE_NS;
	uint32_t now;

	while ((now = *word) > most && ul_now_ns() < until)
		ul_futex_wait_for(word, now, PATIENCE_NS);
}

/* In a fork's child nobody walks, not even a thread that was about to end. */
static void end_walk(void)
{
	uint32_t now = walkers;

	while (now && !atomic_compare_exchange_weak(&walkers, &now, now - 1))
		;
	if (forking)
		ul_futex_wake(&walkers, INT32_MAX);
}

/* Signals are blocked: no handler may fork while this thread walks. */
static void begin_walk(void)
{
	uint64_t until = 0;

	for (;;) {
		atomic_fetch_add(&walkers, 1);
		if (!forking)
			return;
		if (!until)
			until = ul_now_ns() + PATIENCE_NS;
		if (ul_now_ns() >= until) {
			met = true;
			return;
		}
		end_walk();
		await(&forking, 0);
	}
}

void ul_callsite_fork_parent(void)
{
	if (atomic_fetch_sub(&forking, 1) == 1)
		ul_futex_wake(&forking, INT32_MAX);
}

void ul_callsite_fork_child(void)
{
	forking = walkers = 0;
	blind = blind || met;
	ul_lock_reset(&lock);
	ul_lock_reset(&key_lock);
}

/*
 * A thread that ends gives its cache of frames back to libunwind, under a lock
 * of that: a walk, too. libunwind does so where a key of its own is destroyed,
 * in the last round of destructors that there is; keys are in the order in which
 * they were made, in each round.
 */
static pthread_key_t before_key, after_key;
static _Atomic int has_keys;		/* 1: yes, -1: there are none to be had */
static char rounds[PTHREAD_DESTRUCTOR_ITERATIONS];	/* before_key's values */

/* The signals that the thread had blocked are the value of after_key, which
 * must not be 0; SIGKILL is never blocked. */
#define KILL_BIT (UINT64_C(1) << (SIGKILL - 1))

static void enter_end(void *value)
{
	char *round = value;
	sigset_t signals;
	uint64_t blocked;

	if (round + 1 < rounds + sizeof(rounds))
		pthread_setspecific(before_key, round + 1);
	ul_signals_block(&signals);
	memcpy(&blocked, &signals, sizeof(blocked));
	begin_walk();
	pthread_setspecific(after_key,
			    (void *)(uintptr_t)(blocked | KILL_BIT));
}

static void leave_end(void *value)
{
	uint64_t blocked = (uintptr_t)value & ~KILL_BIT;
	sigset_t signals;

	end_walk();
	sigemptyset(&signals);
	memcpy(&signals, &blocked, sizeof(blocked));
	ul_signals_restore(&signals);
}

void ul_callsite_fork_prepare(void)
{
	bool ends = has_keys == 1 && pthread_getspecific(after_key);

	if (atomic_fetch_add(&forking, 1) == 0)
		met = false;
	await(&walkers, ends);
	if (walkers > ends)
		met = true;
}

/* --- walks --- */

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

static struct ul_object engine_object, shim_object;

void ul_callsite_init(void)
{
	unw_accessors_t *accessors;
	int fds[2];

	ul_object_find((uintptr_t)ul_callsite_init, &engine_object);
	ul_object_find((uintptr_t)ul_shim->inside, &shim_object);

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

const void *ul_callsite_unwinder(void)
{
	return (const void *)(uintptr_t)unw_backtrace;
}

/* The process's first walk makes libunwind's key. */
static int walk(void *pcs[UL_CALLSITE_DEPTH])
{
	int depth, has;

	if (has_keys) {
		depth = unw_backtrace(pcs, UL_CALLSITE_DEPTH);
	} else {
		ul_lock_take(&key_lock);
		has = has_keys;
		if (!has)
			has = pthread_key_create(&before_key, enter_end) ? -1 :
									   1;
		depth = unw_backtrace(pcs, UL_CALLSITE_DEPTH);
		if (!has_keys && has == 1 &&
		    pthread_key_create(&after_key, leave_end)) {
			pthread_key_delete(before_key);
			has = -1;
		}
		has_keys = has;
		ul_lock_drop(&key_lock);
	}
	if (has_keys == 1)
		pthread_setspecific(before_key, rounds);
	return depth;
}

static void say_blind(void)
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
	void *pcs[UL_CALLSITE_DEPTH];
	int depth = 0;
	int from = 0;

	site->depth = site->named = 0;
	if (blind) {
		say_blind();
		return;
	}
	begin_walk();
	/* A thread's first walk allocates for thread-local data, and it may be
	 * the allocator, its locks taken, that has called us. */
	if (!ul_shim->foreign_malloc)
		depth = walk(pcs);
	/* Our own frames, the engine's and then the hook's, come first. */
	while (from < depth && (ul_object_holds(&engine_object, pcs[from]) ||
				ul_object_holds(&shim_object, pcs[from])))
		from++;
	if (depth > from) {
		site->depth = (size_t)(depth - from);
		memcpy(site->pcs, pcs + from, site->depth * sizeof(void *));
	}
	end_walk();
}

static int count_loads(struct dl_phdr_info *info, size_t size, void *context)
{
	unsigned long long *count = context;

	(void)size;
	*count = info->dlpi_adds + info->dlpi_subs;
	return 1;
}

/*
 * Memory that is never given back, zeroed. Not malloc's: a signal handler that
 * has interrupted it may be who maps here, and its locks are taken.
 */
static void *allocate(size_t size)
{
	static char *room;		/* under the lock, and so is what is left */
	static size_t left;
	void *at = NULL;

	size = (size + 15) & ~(size_t)15;
	ul_lock_take(&lock);
	if (left < size) {
		room = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		left = room == MAP_FAILED ? 0 : CHUNK;
	}
	if (left >= size) {
		at = room;
		room += size;
		left -= size;
	}
	ul_lock_drop(&lock);
	return at;
}

static char *keep(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = allocate(size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

/* GCC puts .constprop.0, .isra.0 and the like behind the name of a function
 * that it has changed to its liking: the user knows the name without. */
static void cut_clone_suffix(char *function)
{
	char *dot = strchr(function + 1, '.');

	if (*function && dot)
		*dot = '\0';
}

/* Its object's file is read for it. Where there is no descriptor for that, or no
 * memory, there may be one the next time. */
static void name_function(struct name *name)
{
	uintptr_t inside = (uintptr_t)name->pc - 1;
	char function[256];
	unw_cursor_t cursor;
	unw_context_t context;
	unw_word_t offset;

	errno = 0;
	unw_getcontext(&context);
	if (unw_init_local(&cursor, &context) == 0 &&
	    unw_set_reg(&cursor, UNW_REG_IP, inside) == 0 &&
	    unw_get_proc_name(&cursor, function, sizeof(function), &offset) ==
		    0) {
		cut_clone_suffix(function);
		name->function = keep(function);
		name->function_offset = offset + 1;
		errno = 0;
	}
	name->unread = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
}

/* A return address points behind its call, which may be the function's last
 * instruction: look up the byte before. */
static void name_object(struct name *name)
{
	uintptr_t inside = (uintptr_t)name->pc - 1;
	struct ul_object object;

	if (!ul_object_find(inside, &object))
		return;
	name->object = keep(object.path);
	name->object_offset = (uintptr_t)name->pc - object.start;
}

static unsigned int bucket_of(const void *pc)
{
	return (unsigned int)(((uintptr_t)pc * UINT64_C(0x9E3779B97F4A7C15)) >>
			      54);
}

/* Names of unloaded objects stay allocated, for frames point into them; they
 * only cannot be found any more. */
static void expire(void)
{
	unsigned long long now = 0;

	dl_iterate_phdr(count_loads, &now);
	ul_lock_take(&lock);
	if (now != loads) {
		memset(table, 0, sizeof(table));
		loads = now;
	}
	ul_lock_drop(&lock);
}

/* Enter it, or what has been found out since it was. */
static void remember(struct name *kept, const struct name *name)
{
	struct name **bucket = &table[bucket_of(name->pc)];
	bool is_new = !kept;

	if (is_new)
		kept = allocate(sizeof(*kept));
	if (!kept)
		return;
	ul_lock_take(&lock);
	if (is_new) {
		*kept = *name;
		kept->next = *bucket;
		*bucket = kept;
	} else {
		kept->function = name->function;
		kept->function_offset = name->function_offset;
		kept->unread = name->unread;
	}
	ul_lock_drop(&lock);
}

static void find(void *pc, struct name *name)
{
	struct name *kept;

	memset(name, 0, sizeof(*name));
	name->pc = pc;
	ul_lock_take(&lock);
	for (kept = table[bucket_of(pc)]; kept; kept = kept->next)
		if (kept->pc == pc)
			break;
	if (kept)
		*name = *kept;
	ul_lock_drop(&lock);
	if (kept && !name->unread)
		return;
	if (!kept)
		name_object(name);
	name_function(name);
	if (!kept || !name->unread)
		remember(kept, name);
}

void ul_callsite_name(struct ul_callsite *site, size_t depth)
{
	if (depth > site->depth)
		depth = site->depth;
	if (site->named >= depth)
		return;
	begin_walk();
	expire();
	for (size_t i = site->named; i < depth; i++) {
		struct name name;

		find(site->pcs[i], &name);
		site->frames[i].function = name.function;
		site->frames[i].object = name.object;
		site->function_offsets[i] = name.function_offset;
		site->object_offsets[i] = name.object_offset;
	}
	site->named = depth;
	end_walk();
}
