/* SPDX-License-Identifier: MIT */
/* stubs.c - see stubs.h. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>

#include "preload/engine/engine.h"
#include "preload/engine/log.h"
#include "preload/engine/stub_files.h"
#include "preload/engine/scratch.h"
#include "preload/engine/stubs.h"
#include "preload/store/stub.h"

#define KEPT 8

struct kept {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
	struct ul_store *store;
	int error;			/* where there is none, why */
};

static struct kept kept[KEPT];		/* under the lock */
static unsigned int next_kept;
static struct kept told[KEPT];		/* the same; of no store, and said so */
static unsigned int next_told;
static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_START);

static bool is_it(const struct kept *entry, const struct stat *st)
{
	return entry->dev == st->st_dev && entry->ino == st->st_ino &&
	       entry->changed.tv_sec == st->st_ctim.tv_sec &&
	       entry->changed.tv_nsec == st->st_ctim.tv_nsec;
}

static const char *name_of(const char *path)
{
	return *path ? path : "a file (there is no /proc to tell its name)";
}

/* A program may open it, map it and read it, again and again: it is told once
 * that it cannot, for each reason. */
static bool is_told(const struct stat *st, int error)
{
	for (int i = 0; i < KEPT; i++)
		if (is_it(&told[i], st) && told[i].error == error)
			return true;
	told[next_told] = (struct kept){ st->st_dev, st->st_ino, st->st_ctim,
					 NULL, error };
	next_told = (next_told + 1) % KEPT;
	return false;
}

static int open_anew(int fd, const struct ul_stub *stub, const struct stat *st,
		     const char *path, struct ul_store **store)
{
	struct kept *entry = &kept[next_kept];
	struct ul_store_error why;
	int error = ul_stub_open_blob(stub, fd, path, ul_policy->stub_folders,
				      ul_policy->n_stub_folders, store, &why);

	if (error && is_told(st, error))
		return error;
	if (error) {
		ul_log(UL_LOG_ERROR, "%s is a stub, and its bytes cannot be had: %s",
		       name_of(path), why.text);
		return error;
	}
	next_kept = (next_kept + 1) % KEPT;
	if (entry->store)
		ul_store_put(entry->store);
	*entry = (struct kept){ st->st_dev, st->st_ino, st->st_ctim,
				ul_store_get(*store), 0 };
	return 0;
}

struct opening {
	int fd;
	const struct stat *st;
	const char *path;
	struct ul_store **store;
	int error;
};

static void open_stub(void *argument)
{
	struct opening *opening = argument;
	struct ul_stub stub;
	int error = ul_stub_probe(opening->fd, &stub);

	opening->error = error;
	if (error && error != -ENODATA)
		ul_log(UL_LOG_ERROR, "%s begins as a stub, but is damaged",
		       name_of(opening->path));
	if (error)
		return;
	ul_lock_take(&lock);
	error = 1;
	for (int i = 0; i < KEPT && error; i++) {
		if (kept[i].store && is_it(&kept[i], opening->st)) {
			*opening->store = ul_store_get(kept[i].store);
			error = 0;
		}
	}
	if (error)
		error = open_anew(opening->fd, &stub, opening->st,
				  opening->path, opening->store);
	ul_lock_drop(&lock);
	opening->error = error;
}

int ul_stubs_open(int fd, const struct stat *st, const char *path,
		  struct ul_store **store)
{
	struct opening opening = { fd, st, path, store, 0 };

	ul_scratch_call(open_stub, &opening);
	return opening.error;
}

void ul_stubs_forked(void)
{
	ul_lock_reset(&lock);
	ul_stub_files_forked();
}
