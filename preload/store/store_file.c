/* SPDX-License-Identifier: MIT */
/* store_file.c - a part of a plain file, or of a block device */
#include "config.h"

#include <errno.h>
#include <linux/fs.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/hold.h"
#include "preload/store/store_internal.h"

static int file_size(int fd, const char *label, struct ul_store *store,
		     uint64_t *size, struct ul_store_error *error)
{
	const char *what;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ul_store_refuse(error, -errno, label,
				       "cannot be examined", errno);
	store->device = st.st_dev;
	store->inode = st.st_ino;
	*size = (uint64_t)st.st_size;
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISBLK(st.st_mode)) {
		/* lseek would move the offset that the program may share. */
		if (ioctl(fd, BLKGETSIZE64, size) == 0)
			return 0;
		return ul_store_refuse(error, -errno, label,
				       "its size cannot be had", errno);
	}
	what = S_ISDIR(st.st_mode)    ? "is a directory"
	       : S_ISFIFO(st.st_mode) ? "is a FIFO"
	       : S_ISSOCK(st.st_mode) ? "is a socket"
	       : S_ISCHR(st.st_mode)  ? "is a character device"
				      : "is of an unknown kind";
	return ul_store_refuse(error, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
			       label, what, 0);
}

static int open_fd(const char *name, const char *label, int fd, uint64_t offset,
		   uint64_t length, struct ul_store **store,
		   struct ul_store_error *error)
{
	struct ul_store *file = ul_store_new(UL_KIND_FILE, name);
	uint64_t size;
	int code;

	if (!file)
		return ul_store_refuse(error, -ENOMEM, label, "no memory", 0);
	code = file_size(fd, label, file, &size, error);
	if (code == 0)
		code = ul_store_cut(file, label, size, offset, length, error);
	if (code == 0) {
		code = ul_store_map(file, fd, file->base, file->length);
		if (code < 0)
			ul_store_refuse(error, code, label, "cannot be mapped",
					code);
	}
	if (code < 0) {
		ul_store_put(file);
		return code;
	}
	*store = file;
	return 0;
}

int ul_store_open_file_fd(const char *name, int fd, uint64_t offset,
			  uint64_t length, struct ul_store **store,
			  struct ul_store_error *error)
{
	return ul_store_from_fd(open_fd, name, fd, offset, length, store,
				error);
}

int ul_store_open_file(const char *name, const char *path, uint64_t offset,
		       uint64_t length, struct ul_store **store,
		       struct ul_store_error *error)
{
	return ul_store_from_path(open_fd, name, path, offset, length, store,
				  error);
}

int ul_store_open_nothing(const char *name, struct ul_store **store)
{
	int saved = errno;

	*store = ul_store_new(UL_KIND_FILE, name);
	errno = saved;
	return *store ? 0 : -ENOMEM;
}

static bool is_same_file(const struct ul_store *store, const struct stat *st)
{
	return st->st_dev == store->device && st->st_ino == store->inode;
}

/* A failed MAP_FIXED can leave a hole. So what can be wrong with this file and
 * this protection is found out somewhere else. */
static int try_elsewhere(int fd, off_t at, int prot, int flags)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, page, prot,
			 flags & ~(MAP_POPULATE | MAP_LOCKED), fd, at);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, page);
	return 0;
}

static int map_fd(const struct ul_store *store, int fd, uint64_t offset,
		  size_t length, void *at, int prot, int flags,
		  struct ul_store_error *error)
{
	off_t place = (off_t)(store->base + offset);
	struct stat st;
	int code;

	if (fstat(fd, &st) < 0 || !is_same_file(store, &st))
		return ul_store_refuse(error, -ESTALE, store->name,
				       "another file has taken its path", 0);
	if (length % (size_t)sysconf(_SC_PAGESIZE) && S_ISREG(st.st_mode) &&
	    st.st_size != place + (off_t)length)
		return ul_store_refuse(error, -EINVAL, store->name,
				       "it ends in the middle of a page of its "
				       "file", 0);
	code = try_elsewhere(fd, place, prot, flags);
	if (code == 0 && mmap(at, length, prot, flags | MAP_FIXED, fd, place) ==
				 MAP_FAILED)
		code = -errno;
	if (code < 0)
		return ul_store_refuse(error, code, store->name,
				       "cannot be mapped", -code);
	return 0;
}

/*
 * The descriptor is in the program's table for a moment, where another thread
 * may close it, and get the same number for a file of its own. Then that is
 * what was mapped; and the number is not ours to close.
 */
int ul_store_map_at(const struct ul_store *store, const char *path,
		    uint64_t offset, size_t length, void *at, int prot,
		    int flags, struct ul_store_error *error)
{
	int saved = errno;
	int held = ul_hold_find(store->device, store->inode);
	int fd = held >= 0 ? held : ul_store_open_path(path, error);
	int code = fd;
	struct stat st;

	if (fd >= 0) {
		code = map_fd(store, fd, offset, length, at, prot, flags,
			      error);
		if (fstat(fd, &st) == 0 && is_same_file(store, &st)) {
			if (fd != held)
				ul_hold_close(fd);
		} else if (code == 0) {
			code = ul_store_refuse(error, -EBADF, store->name,
					       "its descriptor was closed", 0);
		}
	}
	errno = saved;
	return code;
}
