/* SPDX-License-Identifier: MIT */
/*
 * stub_files.c - which files are stubs
 *
 * A file is known by device and inode; its change time tells whether it must
 * be looked at again. That is a question and not a verdict: removing, linking
 * or chmod-ing a stub changes it, too, and whoever has it open reads on.
 *
 * That a blob cannot be had is kept, too, for programs that read on and on. It is
 * looked for again whenever the stub is opened; and at each read where it was for
 * want of descriptors or memory, which the next read may find.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/folder.h"
#include "preload/engine/log.h"
#include "preload/engine/maps.h"
#include "preload/engine/scratch.h"
#include "preload/engine/stub_files.h"
#include "preload/engine/stubs.h"
#include "preload/store/hold.h"
#include "preload/store/stub.h"

#define KEPT 64

struct stub_file {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
	off_t size;
	uint64_t table_checksum;	/* of its blob */
	struct ul_store *store;		/* NULL: its bytes cannot be had */
	uint64_t used;			/* when; 0: the entry is free */
};

static struct stub_file files[KEPT];	/* under the lock */
static uint64_t now;			/* under the lock */
static struct ul_lock lock = UL_LOCK_INIT(UL_RANK_START);

/* Files that are no stubs: the last ones asked for. Under the lock. */
static struct {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
} others[KEPT];

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* --- the table ---------------------------------------------------------------- */

static struct stub_file *find_entry(const struct stat *st)
{
	for (int i = 0; i < KEPT; i++)
		if (files[i].used && files[i].ino == st->st_ino &&
		    files[i].dev == st->st_dev)
			return &files[i];
	return NULL;
}

/* What is known of a file. 1: a stub, with a reference to its store (or NULL);
 * 0: not a stub; -EAGAIN: it must be looked at. */
static int recall(const struct stat *st, struct ul_store **store)
{
	struct stub_file *file;
	size_t at = st->st_ino % KEPT;
	int answer = -EAGAIN;

	ul_lock_take(&lock);
	file = find_entry(st);
	if (file && file->size == st->st_size &&
	    same_time(&file->changed, &st->st_ctim)) {
		file->used = ++now;
		*store = file->store ? ul_store_get(file->store) : NULL;
		answer = 1;
	} else if (!file && others[at].ino == st->st_ino &&
		   others[at].dev == st->st_dev &&
		   same_time(&others[at].changed, &st->st_ctim)) {
		answer = 0;
	}
	ul_lock_drop(&lock);
	return answer;
}

static void remember_other(const struct stat *st)
{
	struct stub_file *file;
	struct ul_store *gone = NULL;
	size_t at = st->st_ino % KEPT;

	ul_lock_take(&lock);
	others[at].dev = st->st_dev;
	others[at].ino = st->st_ino;
	others[at].changed = st->st_ctim;
	file = find_entry(st);
	if (file) {			/* written over */
		gone = file->store;
		memset(file, 0, sizeof(*file));
	}
	ul_lock_drop(&lock);
	ul_store_put(gone);
}

/* The store of the same bytes that is open already, from before the file was
 * renamed, removed or the like; with a reference, or NULL. */
static struct ul_store *carry_over(const struct stat *st,
				   const struct ul_stub *stub)
{
	struct ul_store *store = NULL;
	struct stub_file *file;

	ul_lock_take(&lock);
	file = find_entry(st);
	if (file && file->store && file->size == st->st_size &&
	    file->table_checksum == stub->table_checksum)
		store = ul_store_get(file->store);
	ul_lock_drop(&lock);
	return store;
}

/* Takes the caller's reference over. The entry unused for the longest time
 * goes; should its file be read again, it is opened again. */
static void remember(const struct stat *st, const struct ul_stub *stub,
		     struct ul_store *store)
{
	struct stub_file *file;
	struct ul_store *gone;

	ul_lock_take(&lock);
	file = find_entry(st);
	if (!file) {
		file = &files[0];
		for (int i = 1; i < KEPT; i++)
			if (files[i].used < file->used)
				file = &files[i];
	}
	gone = file->store;
	*file = (struct stub_file){ st->st_dev, st->st_ino, st->st_ctim,
				    st->st_size, stub->table_checksum, store,
				    ++now };
	ul_lock_drop(&lock);
	ul_store_put(gone);
}

void ul_stub_files_forked(void)
{
	ul_lock_reset(&lock);
}

/* --- looking at a file ----------------------------------------------------------- */

struct examination {
	int fd;
	const struct stat *st;
	struct ul_store *store;
	int answer;
};

static void examine(void *argument)
{
	struct examination *examined = argument;
	char path[PATH_MAX];
	struct ul_stub stub = { .table_checksum = 0 };
	int code = ul_stub_probe(examined->fd, &stub), error = 0;

	if (code == -ENODATA) {
		remember_other(examined->st);
		return;
	}
	examined->answer = 1;
	if (code == 0)
		examined->store = carry_over(examined->st, &stub);
	if (!examined->store) {
		ul_proc_path(examined->fd, path);
		error = ul_stubs_open(examined->fd, examined->st, path,
				      &examined->store);
		if (error)
			examined->store = NULL;
	}
	if (!ul_store_error_passes(error))
		remember(examined->st, &stub,
			 examined->store ? ul_store_get(examined->store) :
					   NULL);
}

/* A descriptor of the same file that can be read: fd itself, or a new one; none
 * of a locked file, for a close would unlock it. */
static int open_for_reading(int fd)
{
	int mode = fcntl(fd, F_GETFL);
	char link[UL_PROC_LINK];

	if (mode < 0 || (mode & O_PATH))
		return -1;
	if ((mode & O_ACCMODE) != O_WRONLY)
		return fd;
	if (ul_hold_is_locked(fd))
		return -1;
	ul_proc_link(fd, link);
	return open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* anew: that its bytes could not be had is no answer. */
static int find(int fd, bool anew, struct stat *st, struct ul_store **store)
{
	struct examination examined = { .st = st };
	int answer, reading;

	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) ||
	    st->st_size < (off_t)UL_STUB_HEADER)
		return 0;
	answer = recall(st, store);
	if (answer == 0 || (answer == 1 && (*store || !anew)))
		return answer;
	reading = open_for_reading(fd);
	if (reading < 0)
		return 0;
	examined.fd = reading;
	ul_scratch_call(examine, &examined);
	if (reading != fd)
		ul_hold_close(reading);
	*store = examined.store;
	return examined.answer;
}

int ul_stub_files_find(int fd, struct stat *st, struct ul_store **store)
{
	return find(fd, false, st, store);
}

/* O_RDWR is often tried first and not needed (sqlite3). */
static void say_read_only(void *argument)
{
	const int *fd = argument;
	char path[PATH_MAX];

	ul_proc_path(*fd, path);
	ul_log((fcntl(*fd, F_GETFL) & O_ACCMODE) == O_RDWR ? UL_LOG_INFO :
							     UL_LOG_WARNING,
	       "%s is a stub: writing would damage it, and is refused "
	       "(read-only file system); uffdlazy-pack --unpack brings "
	       "the original back",
	       path);
}

int ul_stub_files_opened(int fd)
{
	struct ul_store *store = NULL;
	int saved = errno;
	struct stat st;
	int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
	int is = 0;

	if (ul_policy->stubs)
		is = find(fd, mode == O_RDONLY, &st, &store);
	ul_store_put(store);
	if (is && mode != O_RDONLY) {
		ul_scratch_call(say_read_only, &fd);
		is = -EROFS;
	}
	errno = saved;
	return is;
}

/* Is this descriptor a stub's? */
static bool look_at(int folder, const char *name, void *found)
{
	struct ul_store *store = NULL;
	struct stat st;
	int fd = atoi(name);

	if (fd != folder && ul_stub_files_find(fd, &st, &store)) {
		ul_store_put(store);
		*(int *)found = 1;
	}
	return true;
}

/*
 * A stub open for writing cannot be refused any more here: write(2) does that
 * where it is seen.
 */
int ul_stub_files_inherited(void)
{
	int found = 0, folder;
	void *room;

	if (!ul_policy->stubs)
		return -ENOTSUP;
	room = ul_scratch_borrow();
	folder = open("/proc/thread-self/fd",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (room && folder >= 0)
		ul_folder_each(folder, room, UL_SCRATCH_SIZE, look_at, &found);
	if (folder >= 0)
		close(folder);
	if (room)
		ul_scratch_return(room);
	return found;
}

int ul_stub_files_is(int fd)
{
	struct ul_store *store = NULL;
	int saved = errno;
	struct stat st;
	int is = ul_stub_files_find(fd, &st, &store);

	if (is)
		ul_store_put(store);
	errno = saved;
	return is;
}

void ul_stub_files_refuse(const char *what)
{
	ul_log(UL_LOG_WARNING, "%s", what);
}
