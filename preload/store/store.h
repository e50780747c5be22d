/* SPDX-License-Identifier: MIT */
/*
 * store.h - where the bytes of a page come from
 *
 * A store is a run of length bytes that can be read in any order. Every store
 * holds its file as a mapping, not as a descriptor: a mapping survives fork,
 * cannot be closed by the program, and can be the source of a UFFDIO_COPY,
 * which reports an unreadable page as EFAULT where a load would raise SIGBUS.
 *
 * A store is immutable after it was opened; any number of threads may load
 * from it at once, each with a scratch of its own. Nothing in here knows of
 * regions or faults.
 */
#ifndef UL_STORE_H
#define UL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ul_store;
struct ul_scratch;

/* Why a store could not be opened or read, in words for the user: what is
 * wrong and, where there is one, the command that mends it. No newline. */
struct ul_store_error {
	char text[512];
};

/* An error of opening one that is not its fault: perhaps it is better the next
 * time (no descriptor, no memory, another file in its place). */
bool ul_store_error_passes(int error);

/*
 * Openers. Context: a hook or the engine's start; may block, may allocate.
 * Return 0 or -errno with the error's text filled.
 *
 * offset and length choose a part of the (unpacked) bytes; length UINT64_MAX
 * means up to the end. name is copied; it is what messages call the store.
 */
int ul_store_open_zero(struct ul_store **store);
int ul_store_open_file(const char *name, const char *path, uint64_t offset,
		       uint64_t length, struct ul_store **store,
		       struct ul_store_error *error);
int ul_store_open_blob(const char *name, const char *path, uint64_t offset,
		       uint64_t length, struct ul_store **store,
		       struct ul_store_error *error);
/* The same from a descriptor, which is not kept and not closed. */
int ul_store_open_file_fd(const char *name, int fd, uint64_t offset,
			  uint64_t length, struct ul_store **store,
			  struct ul_store_error *error);
int ul_store_open_blob_fd(const char *name, int fd, uint64_t offset,
			  uint64_t length, struct ul_store **store,
			  struct ul_store_error *error);

/* A name without bytes, for what is never loaded. Returns 0 or -ENOMEM. */
int ul_store_open_nothing(const char *name, struct ul_store **store);

/* Stores are shared by regions: get and put count the users, atomically. The
 * last put unmaps the file; it must not happen on a fault's path. */
struct ul_store *ul_store_get(struct ul_store *store);
void ul_store_put(struct ul_store *store);

/*
 * Stores to be put later, each so many times. A store can be in one list at a
 * time; the caller has a lock. Allocates: no. Takes no lock.
 */
struct ul_store_list {
	struct ul_store *first;
};
void ul_store_list_add(struct ul_store_list *list, struct ul_store *store,
		       unsigned int times);
struct ul_store *ul_store_list_take(struct ul_store_list *list,
				    unsigned int *times);

const char *ul_store_name(const struct ul_store *store);
uint64_t ul_store_length(const struct ul_store *store);	/* bytes; zero: UINT64_MAX */
bool ul_store_is_zero(const struct ul_store *store);
/* Would damage to a seek table be noticed? True of what has none. */
bool ul_store_is_sealed(const struct ul_store *store);

/*
 * What one thread needs to load: decompression contexts and room for the
 * frames. Created where allocation is allowed, then used on the fault's path
 * without any allocation. A scratch serves every store opened before it.
 * Returns NULL without memory.
 */
struct ul_scratch *ul_scratch_new(void);
void ul_scratch_free(struct ul_scratch *scratch);
/* It is never freed, and serves the stores that are opened later, too: their
 * openers make room in it. Returns 0 or -ENOMEM. */
int ul_scratch_lasts(struct ul_scratch *scratch);

/* Bytes of a frame at the most, unpacked; openers refuse larger ones. */
#define UL_FRAME_MAX ((size_t)64 << 20)

/*
 * Make [offset, offset + length) readable and point *bytes at it: into the
 * mapping of the file itself, or into the scratch, where it stays until the
 * next load with that scratch. length is at most UL_LOAD_MAX. The range lies
 * within the store (offset + length <= ul_store_length). What of a file is not
 * in the page cache is read before this returns.
 *
 * Context: handler or worker. May block (disk). Allocates: no, and calls
 * nothing in libc that does or that takes a lock. Never raises a signal. It
 * may return a pointer into a file's mapping whose pages turn out unreadable:
 * then the ioctl or system call that copies from it says EFAULT.
 * Returns 0 or -errno (-EIO read error or truncated, -EBADMSG checksum or
 * corrupt frame) with the error's text filled; formatting it allocates nothing.
 */
#define UL_LOAD_MAX ((size_t)2 << 20)
int ul_store_load(struct ul_store *store, uint64_t offset, size_t length,
		  struct ul_scratch *scratch, const void **bytes,
		  struct ul_store_error *error);

/* In a fork's child: what any scratch held is forgotten. */
void ul_store_forked(void);

/*
 * Copy what a load of a file points at. Context: any. Allocates: no. A page
 * that cannot be had (the file was truncated, its disk fails) is -EIO where a
 * load would raise SIGBUS.
 */
int ul_map_copy(void *dst, const void *src, size_t length);

/*
 * Which bytes are cheapest to produce together with the one at offset: the
 * frame it lies in, for a blob; preferred bytes around it (aligned to their
 * size) for the others. *start <= offset < *end. Context: any. Blocks: no.
 */
void ul_store_extent(const struct ul_store *store, uint64_t offset,
		     uint64_t preferred, uint64_t *start, uint64_t *end);

/* A hint that these bytes will be asked for: starts reading them from the
 * disk with queue depth. Context: any of our threads. */
void ul_store_willneed(struct ul_store *store, uint64_t offset,
		       uint64_t length);

/*
 * Let the kernel map the bytes [offset, offset + length) of a file store at
 * `at`, over what is there. path is where the store was opened: its file must
 * be there still. Whole pages; where length ends in the middle of one, it is
 * where the store ends. prot and flags are mmap(2)'s, MAP_FIXED understood.
 *
 * Context: a hook; may block. Allocates: no. Returns 0 or -errno with the
 * error's text; what lies at `at` may be anything then, but is not unmapped.
 */
int ul_store_map_at(const struct ul_store *store, const char *path,
		    uint64_t offset, size_t length, void *at, int prot,
		    int flags, struct ul_store_error *error);

/* Some address in the store's own mapping of its file; NULL: it has none. */
const void *ul_store_mapping(const struct ul_store *store);

/*
 * Copy length bytes out of the store into dst, which may be the program's
 * memory: the way to fill at once, without faults. Context: a hook; may
 * block and allocate. Returns 0 or -errno with the error's text.
 */
int ul_store_read(struct ul_store *store, uint64_t offset, void *dst,
		  size_t length, struct ul_store_error *error);

#endif
