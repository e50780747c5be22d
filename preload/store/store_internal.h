/* SPDX-License-Identifier: MIT */
/*
 * store_internal.h - what the files of this folder share
 *
 * Everything a load touches is in memory from mmap(2): the stores, their
 * tables, the scratches. malloc might be the program's, and its memory lazy.
 */
#ifndef UL_STORE_INTERNAL_H
#define UL_STORE_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "preload/store/seekable.h"
#include "preload/store/store.h"

enum ul_store_kind { UL_KIND_ZERO, UL_KIND_FILE, UL_KIND_BLOB };

/* (c) constant once opened, (a) atomic */
struct ul_store {
	enum ul_store_kind kind;  /* (c) */
	atomic_uint users;	  /* (a) */
	atomic_uint slow_loads;	  /* (a) left to be made with care */
	uint64_t id;		  /* (c) never used twice, never 0 */
	uint64_t base;		  /* (c) bytes of the file before ours */
	uint64_t length;	  /* (c) bytes */
	const unsigned char *map; /* (c) NULL: nothing is mapped */
	size_t map_bytes;	  /* (c) */
	uint64_t map_at;	  /* (c) where in the file map begins */
	dev_t device;		  /* (c) the file's */
	ino_t inode;		  /* (c) the file's */
	struct ul_table table;	  /* (c) of a blob */
	size_t bytes;		  /* (c) of the mapping this lies in */
	struct ul_store *next;	  /* (l) in a list */
	unsigned int times;	  /* (l) to be put; 0: in no list */
	char name[];		  /* (c) */
};

/* Memory of our own, zeroed and page-aligned; NULL without. */
void *ul_pages_map(size_t bytes);

/* A store with one user and nothing in it; NULL without memory. */
struct ul_store *ul_store_new(enum ul_store_kind kind, const char *name);

/* Map the bytes [at, at + length) of a file into the store. 0 or -errno. */
int ul_store_map(struct ul_store *store, int fd, uint64_t at, uint64_t length);

/* "label: what[: error's meaning]" into error; returns code. */
int ul_store_refuse(struct ul_store_error *error, int code, const char *label,
		    const char *what, int meaning);

/* Open a path for an opener: a descriptor or -errno, and the text. A FIFO
 * does not block. */
int ul_store_open_path(const char *path, struct ul_store_error *error);

/* Opens a store from a descriptor, which stays the caller's; label names it in
 * the error's text. Returns 0 or -errno. */
typedef int ul_store_opener(const char *name, const char *label, int fd,
			    uint64_t offset, uint64_t length,
			    struct ul_store **store,
			    struct ul_store_error *error);

/* What is the same for all kinds; errno stays as it is. */
int ul_store_from_fd(ul_store_opener *opener, const char *name, int fd,
		     uint64_t offset, uint64_t length, struct ul_store **store,
		     struct ul_store_error *error);
int ul_store_from_path(ul_store_opener *opener, const char *name,
		       const char *path, uint64_t offset, uint64_t length,
		       struct ul_store **store, struct ul_store_error *error);

/* Cut [offset, offset + length) out of size bytes. Returns 0 or -EINVAL. */
int ul_store_cut(struct ul_store *store, const char *label, uint64_t size,
		 uint64_t offset, uint64_t length,
		 struct ul_store_error *error);

#endif
