/* SPDX-License-Identifier: MIT */
/*
 * stub.h - the sparse file that stands in a packed file's place
 *
 * A stub has the original's size; its first UL_STUB_HEADER bytes are plain
 * text that begins with the line "uffdlazy-stub 1", and the rest is a hole.
 * The text is described in uffdlazy-blob(5).
 */
#ifndef UL_STUB_H
#define UL_STUB_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/store/store.h"

struct ul_text;

#define UL_STUB_MAGIC "uffdlazy-stub 1\n"
#define UL_STUB_HEADER ((size_t)4096)

struct ul_stub {
	char blob[PATH_MAX];		/* relative to the stub's folder */
	uint64_t size;			/* the original's, bytes */
	uint64_t blob_size;		/* the blob file's, bytes */
	uint64_t table_checksum;	/* XXH64 of the blob's seek table frame */
};

/* Write the header's text (UL_STUB_HEADER bytes, padded) for a stub. name is
 * the original's name, for the explanation. Returns 0 or -ENAMETOOLONG. */
int ul_stub_format(const struct ul_stub *stub, const char *name,
		   char header[UL_STUB_HEADER]);

/* The command that brings the original back, for a POSIX shell. */
void ul_stub_append_command(struct ul_text *text, const char *blob,
			    const char *name);

/* Parse a header's text. Returns 0, -ENODATA: not a stub at all, or
 * -EBADMSG: begins as one, but does not hold. Context: a hook. No allocation. */
int ul_stub_parse(const char header[UL_STUB_HEADER], struct ul_stub *stub);

/* Is the file behind fd a stub? One fstat, and one pread when its size allows.
 * Returns as ul_stub_parse, and -ENODATA for whatever cannot be one. */
int ul_stub_probe(int fd, struct ul_stub *stub);

/*
 * Open the blob of a stub as a store. stub_path is the absolute path that led
 * to fd (checked against it). Refuses (-EPERM, -EBADMSG) a blob outside the
 * stub's own folder and of the folders given, one that belongs neither to the
 * stub's owner nor to root, one whose size or seek-table checksum differ from
 * what the stub states. Context: a hook; may block and allocate.
 */
int ul_stub_open_blob(const struct ul_stub *stub, int fd, const char *stub_path,
		      char *const *folders, size_t n_folders,
		      struct ul_store **store, struct ul_store_error *error);

#endif
