/* SPDX-License-Identifier: MIT */
/* store_blob.c - open a seekable compressed file */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/scratch.h"
#include "preload/store/store_internal.h"

static int check_kind(int fd, const char *label, struct ul_store_error *error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ul_store_refuse(error, -errno, label,
				       "cannot be examined", errno);
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return ul_store_refuse(error, -EISDIR, label,
				       "is a directory, not a blob", 0);
	return ul_store_refuse(error, -EINVAL, label,
			       "is not a regular file, so not a blob", 0);
}

static int open_fd(const char *name, const char *label, int fd, uint64_t offset,
		   uint64_t length, struct ul_store **store,
		   struct ul_store_error *error)
{
	struct ul_store *blob;
	int code = check_kind(fd, label, error);

	if (code < 0)
		return code;
	blob = ul_store_new(UL_KIND_BLOB, name);
	if (!blob)
		return ul_store_refuse(error, -ENOMEM, label, "no memory", 0);
	code = ul_table_read(fd, label, &blob->table, error);
	if (code == 0)
		code = ul_store_cut(blob, label, blob->table.length, offset,
				    length, error);
	if (code == 0) {
		code = ul_store_map(blob, fd, 0, blob->table.file_size);
		if (code < 0)
			ul_store_refuse(error, code, label, "cannot be mapped",
					code);
	}
	if (code == 0) {
		code = ul_scratch_prepare(&blob->table);
		if (code < 0)
			ul_store_refuse(error, code, label,
					"no memory for its frames", 0);
	}
	if (code < 0) {
		ul_store_put(blob);
		return code;
	}
	*store = blob;
	return 0;
}

int ul_store_open_blob_fd(const char *name, int fd, uint64_t offset,
			  uint64_t length, struct ul_store **store,
			  struct ul_store_error *error)
{
	return ul_store_from_fd(open_fd, name, fd, offset, length, store,
				error);
}

int ul_store_open_blob(const char *name, const char *path, uint64_t offset,
		       uint64_t length, struct ul_store **store,
		       struct ul_store_error *error)
{
	return ul_store_from_path(open_fd, name, path, offset, length, store,
				  error);
}
