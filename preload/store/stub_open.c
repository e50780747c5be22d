/* SPDX-License-Identifier: MIT */
/*
 * stub_open.c - from a stub to its blob, without becoming a way around
 *
 * Whoever can write a file where a program of someone else maps it can write
 * a stub, and would have that program read for him what he may not. So a
 * blob is taken only if
 *
 *  - it lies in the stub's own folder or below, reached without a symbolic
 *    link and without "..", or its true place is below a folder that the
 *    user's policy lists;
 *  - it belongs to the stub's owner; or to root, and then the stub's owner
 *    could read it himself: everyone may, or the stub is root's too;
 *  - nobody can write it who could not write the stub, by their modes;
 *  - its size and its table's checksum are those that the stub states: for
 *    bytes that a server stores for a stranger, under its own user id, this
 *    is a secret that one must have read the blob to know.
 *
 * Every check is made on the descriptor that is then mapped, never on a path
 * that may have changed in between.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/hold.h"
#include "preload/store/store_internal.h"
#include "preload/store/stub.h"
#include "preload/store/text.h"

#define BLOB_FLAGS   (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
#define FOLDER_FLAGS (O_PATH | O_CLOEXEC | O_DIRECTORY)

/* The folder that the stub behind fd lies in, as a descriptor. */
static int open_folder(int fd, const char *stub_path,
		       struct ul_store_error *error)
{
	struct stat st, there;
	char path[PATH_MAX];
	char *slash;
	int folder;

	/* stub_path may be a symbolic link: the folder is the stub's own. */
	if (!realpath(stub_path, path))
		return ul_store_refuse(error, -errno, stub_path,
				       "the stub cannot be found", errno);
	slash = strrchr(path, '/');
	if (!slash)
		return ul_store_refuse(error, -EINVAL, stub_path,
				       "not an absolute path", 0);
	*slash = '\0';
	folder = open(path[0] ? path : "/", FOLDER_FLAGS);
	if (folder < 0)
		return ul_store_refuse(error, -errno, path,
				       "the stub's folder cannot be opened",
				       errno);
	if (fstat(fd, &st) == 0 &&
	    fstatat(folder, slash + 1, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == there.st_dev && st.st_ino == there.st_ino)
		return folder;
	close(folder);
	return ul_store_refuse(error, -EPERM, stub_path,
			       "another file lies there than the stub that was "
			       "opened",
			       0);
}

/*
 * Open a path below a folder, one component after the other, following no
 * link. (openat2(2) does this too, but containers forbid it.) -EXDEV: the
 * path leads out of the folder.
 */
static int open_below(int folder, const char *path)
{
	char name[NAME_MAX + 1];
	size_t n;
	int at = folder, next;

	for (;; path += n + 1) {
		n = strcspn(path, "/");
		if (n == 0 || n > NAME_MAX ||
		    (n == 2 && !memcmp(path, "..", 2)))
			next = -EXDEV;
		else {
			memcpy(name, path, n);
			name[n] = '\0';
			next = openat(at, name,
				      path[n] ? FOLDER_FLAGS | O_NOFOLLOW
					      : BLOB_FLAGS);
			if (next < 0)
				next = -errno;
		}
		if (at != folder)
			close(at);
		if (next < 0 || !path[n])
			return next;
		at = next;
	}
}

/* Does the file behind fd truly lie below one of these folders? */
static bool lies_below(int fd, char *const *folders, size_t n_folders)
{
	char link[64], path[PATH_MAX], folder[PATH_MAX];
	struct ul_text text;
	ssize_t length;
	size_t n;

	ul_text_init(&text, link, sizeof(link));
	ul_text_append_str(&text, "/proc/thread-self/fd/");
	ul_text_append_u64(&text, (uint64_t)fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0)
		return false;
	path[length] = '\0';
	for (size_t i = 0; i < n_folders; i++) {
		if (!realpath(folders[i], folder))
			continue;
		n = strlen(folder);
		if (n == 1 || (strncmp(path, folder, n) == 0 && path[n] == '/'))
			return true;
	}
	return false;
}

static int open_blob(const struct ul_stub *stub, int folder,
		     char *const *folders, size_t n_folders,
		     struct ul_store_error *error)
{
	int blob = open_below(folder, stub->blob);

	if (blob == -EXDEV || blob == -ELOOP || blob == -ENOTDIR) {
		/* Not in the stub's own folder. */
		blob = n_folders == 0 ? -EXDEV
				      : openat(folder, stub->blob, BLOB_FLAGS);
		if (blob == -1)
			blob = -errno;
		if (blob >= 0 && !lies_below(blob, folders, n_folders)) {
			ul_hold_close(blob);
			blob = -EXDEV;
		}
		if (blob == -EXDEV || blob == -ELOOP)
			return ul_store_refuse(
				error, -EPERM, stub->blob,
				"the stub's blob lies outside the stub's folder"
				" and the policy's \"stubs\" folders, or is a "
				"symbolic link",
				0);
	}
	if (blob < 0)
		return ul_store_refuse(error, blob, stub->blob,
				       "the stub's blob cannot be opened",
				       blob);
	return blob;
}

static int check_blob(const struct ul_stub *stub, int fd, int blob,
		      struct ul_store_error *error)
{
	struct stat ours, its;
	const char *why = NULL;
	int code = -EPERM;

	if (fstat(fd, &ours) < 0 || fstat(blob, &its) < 0)
		return ul_store_refuse(error, -errno, stub->blob,
				       "cannot be examined", errno);
	if (!S_ISREG(its.st_mode)) {
		why = "the stub's blob is not a regular file";
	} else if (its.st_uid != ours.st_uid && its.st_uid != 0) {
		why = "the stub's blob belongs neither to the stub's owner "
		      "nor to root";
	} else if (its.st_uid != ours.st_uid && !(its.st_mode & S_IROTH)) {
		why = "the stub's blob is root's, and the stub's owner may "
		      "not read it";
	} else if (its.st_mode & ~ours.st_mode & (S_IWGRP | S_IWOTH)) {
		why = "the stub's blob can be written by more users than the "
		      "stub";
	} else if ((uint64_t)its.st_size != stub->blob_size) {
		why = "the blob has another size than its stub says: replaced, "
		      "or truncated";
		code = -EBADMSG;
	}
	return why ? ul_store_refuse(error, code, stub->blob, why, 0) : 0;
}

static int open_checked(const struct ul_stub *stub, int fd, int blob,
			struct ul_store **store, struct ul_store_error *error)
{
	int code = check_blob(stub, fd, blob, error);

	if (code < 0)
		return code;
	code = ul_store_open_blob_fd(stub->blob, blob, 0, UINT64_MAX, store,
				     error);
	if (code < 0)
		return code;
	if ((*store)->table.checksum == stub->table_checksum &&
	    (*store)->length == stub->size)
		return 0;
	ul_store_put(*store);
	*store = NULL;
	return ul_store_refuse(error, -EBADMSG, stub->blob,
			       "the blob's seek table is not the one its stub "
			       "was made for",
			       0);
}

int ul_stub_open_blob(const struct ul_stub *stub, int fd, const char *stub_path,
		      char *const *folders, size_t n_folders,
		      struct ul_store **store, struct ul_store_error *error)
{
	int saved = errno, blob, code;
	int folder = open_folder(fd, stub_path, error);

	code = folder;
	if (folder >= 0) {
		blob = open_blob(stub, folder, folders, n_folders, error);
		code = blob;
		if (blob >= 0) {
			code = open_checked(stub, fd, blob, store, error);
			ul_hold_close(blob);
		}
		close(folder);
	}
	errno = saved;
	return code;
}
