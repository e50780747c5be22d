/* SPDX-License-Identifier: MIT */
/*
 * callsite_name.c - the names of return addresses; see callsite.h
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
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/callsite.h"
#include "preload/engine/engine.h"
#include "preload/engine/lock.h"
#include "preload/engine/walkers.h"
#include "preload/object.h"

#define BUCKETS 1024
#define CHUNK ((size_t)64 << 10)
#define LONGEST 4096			/* of a function's name; templates' are long */

struct name {
	struct name *next;
	void *pc;
	uint64_t function_offset;
	uint64_t object_offset;
	const char *function;		/* NULL: unknown */
	const char *object;
	bool unread;			/* the function: to be tried again */
};

static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_LEAF);
static struct name *table[BUCKETS];	/* under the lock */
static unsigned long long loads;	/* under the lock: dl_iterate_phdr's */

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
	char function[LONGEST];
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

/*
 * The program's file, by the name that it was executed by, as libraries go by the
 * name that they were loaded by. Where that is no whole path, or another
 * descriptor's, its own.
 */
static const char *program_file(void)
{
	const char *name = (const char *)getauxval(AT_EXECFN);
	static char path[PATH_MAX];
	ssize_t n;

	if (name && *name == '/' && strncmp(name, "/dev/fd/", 8) != 0)
		return name;
	n = readlink("/proc/thread-self/exe", path, sizeof(path) - 1);
	return n > 0 ? path : ul_shim->program_path;
}

/* A return address points behind its call, which may be the function's last
 * instruction: look up the byte before. */
static void name_object(struct name *name)
{
	struct ul_object object;

	if (!ul_object_find((const char *)name->pc - 1, &object))
		return;
	name->object = keep(*object.path ? object.path :
					   program_file());
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
	ul_walkers_begin();
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
	ul_walkers_end();
}

void ul_callsite_fork_child(void)
{
	ul_lock_reset(&lock);
}
