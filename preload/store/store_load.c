/* SPDX-License-Identifier: MIT */
/*
 * store_load.c - produce bytes on a fault's path
 *
 * Nothing in this file, nor in seekable.c and checksum.c below it, allocates,
 * takes a lock or prints; a test reads the symbols that they import.
 *
 * A blob's frame goes
 *
 *	file's mapping --ul_map_copy--> packed --unpack--> frame
 *
 * and a load that lies in one frame points into that. The last frame stays
 * there, so that the next load from it costs nothing. A load that crosses
 * frames is put together in whole: frames it covers are unpacked into their
 * place, those at its ends go through frame.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "preload/store/scratch.h"
#include "preload/store/store_internal.h"
#include "preload/store/text.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since Linux 5.14 */
#endif

/* Where process_vm_readv is forbidden: make the kernel bring the pages first,
 * which fails where a load would raise a signal. What is left open is a file
 * truncated between the two lines. */
static int copy_populated(void *dst, const void *src, size_t length)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)src & ~(page - 1);
	size_t span = (uintptr_t)src + length - start;

	if (madvise((void *)start, span, MADV_POPULATE_READ) < 0 &&
	    (errno == EFAULT || errno == EIO || errno == EHWPOISON))
		return -EIO;
	memcpy(dst, src, length);
	return 0;
}

int ul_map_copy(void *dst, const void *src, size_t length)
{
	struct iovec to = {dst, length};
	struct iovec from = {(void *)src, length};
	ssize_t n;

	if (length == 0)
		return 0;
	/* The raw number: this may run in the child of a fork. The thread's:
	 * the process's first thread may have ended, and has no memory then. */
	n = process_vm_readv((pid_t)syscall(SYS_gettid), &to, 1, &from, 1, 0);
	if (n == (ssize_t)length)
		return 0;
	if (n < 0 && (errno == EPERM || errno == ENOSYS))
		return copy_populated(dst, src, length);
	return -EIO;
}

/*
 * Is the disk at work? Where a file is in the page cache nothing may be spent
 * on the question, which costs as much as mapping the pages. So it is answered
 * by the time that a load takes: after a slow one the next few ask the disk for
 * all of their pages at once, where page faults would fetch them one by one.
 */
#define SLOW_NS	   50000
#define SLOW_LOADS 32

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool is_slow(struct ul_store *store)
{
	unsigned int left = atomic_load_explicit(&store->slow_loads,
						 memory_order_relaxed);

	if (left == 0)
		return false;
	atomic_store_explicit(&store->slow_loads, left - 1,
			      memory_order_relaxed);
	return true;
}

/* Of what began then. */
static void note_speed(struct ul_store *store, uint64_t began)
{
	if (now_ns() - began >= SLOW_NS)
		atomic_store_explicit(&store->slow_loads, SLOW_LOADS,
				      memory_order_relaxed);
}

static int advise(const unsigned char *bytes, size_t length, int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)bytes & ~(page - 1);

	return length ? madvise((void *)start,
				(uintptr_t)bytes + length - start, advice) :
			0;
}

/*
 * Read a mapping's pages, and wait for them: every one, for who copies from it has
 * a lock. 64 KiB that are cached take 0.2 us, and one page of them by a copy 0.7.
 * What cannot be read is found by whoever copies from it.
 */
static void fetch(struct ul_store *store, const unsigned char *bytes,
		  size_t length)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t began = now_ns();
	unsigned char byte;

	if (is_slow(store))
		advise(bytes, length, MADV_WILLNEED);
	/* Before Linux 5.14, or past the end of a file that was cut short. */
	if (advise(bytes, length, MADV_POPULATE_READ) < 0)
		for (size_t at = 0; at < length;
		     at += page - (uintptr_t)(bytes + at) % page)
			if (ul_map_copy(&byte, bytes + at, 1) < 0)
				break;
	note_speed(store, began);
}

static int refuse_frame(const struct ul_store *store, uint32_t frame, int code,
			const char *why, struct ul_store_error *error)
{
	const struct ul_frame *f = &store->table.frames[frame];
	struct ul_text text;

	ul_text_init(&text, error->text, sizeof(error->text));
	ul_text_append_str(&text, "frame ");
	ul_text_append_u64(&text, frame);
	ul_text_append_str(&text, " (");
	ul_text_append_u64(&text, f->packed);
	ul_text_append_str(&text, " bytes at ");
	ul_text_append_u64(&text, f->at);
	ul_text_append_str(&text, " in the blob): ");
	ul_text_append_str(&text, why);
	return code;
}

static int unpack_frame(struct ul_store *store, uint32_t frame,
			struct ul_scratch *scratch, unsigned char *dst,
			struct ul_store_error *error)
{
	const struct ul_frame *f = &store->table.frames[frame];
	const char *why;
	uint64_t began;
	int code;

	if (ul_scratch_open(scratch->packed, scratch->room, &scratch->packed_used,
		      f->packed) < 0)
		return refuse_frame(store, frame, -ENOMEM, "out of memory",
				    error);
	if (is_slow(store))
		advise(store->map + f->at, f->packed, MADV_WILLNEED);
	began = now_ns();
	if (ul_map_copy(scratch->packed, store->map + f->at, f->packed) < 0)
		return refuse_frame(store, frame, -EIO,
				    "the file was truncated"
				    ", or its disk cannot be read",
				    error);
	note_speed(store, began);
	code = ul_frame_unpack(scratch->unpacker, &store->table, frame,
			       scratch->packed, dst, &why);
	if (code < 0)
		return refuse_frame(store, frame, code, why, error);
	return 0;
}

/* Have one frame in scratch->frame. */
static int hold_frame(struct ul_store *store, uint32_t frame,
		      struct ul_scratch *scratch, struct ul_store_error *error)
{
	int code;

	if (scratch->store_id == store->id && scratch->frame_number == frame)
		return 0;
	scratch->store_id = 0;
	if (ul_scratch_open(scratch->frame, scratch->room, &scratch->frame_used,
		      ul_table_unpacked(&store->table, frame)) < 0)
		return refuse_frame(store, frame, -ENOMEM, "out of memory",
				    error);
	code = unpack_frame(store, frame, scratch, scratch->frame, error);
	if (code < 0)
		return code;
	scratch->store_id = store->id;
	scratch->frame_number = frame;
	return 0;
}

static int load_across(struct ul_store *store, uint32_t frame,
		       uint64_t at, size_t length, struct ul_scratch *scratch,
		       struct ul_store_error *error)
{
	const struct ul_frame *f;
	size_t done = 0, skip, n;
	int code;

	for (; done < length; frame++) {
		f = &store->table.frames[frame];
		skip = (size_t)(at + done - f->start);
		n = (size_t)(f[1].start - f->start) - skip;
		if (n > length - done)
			n = length - done;
		if (n == 0)
			continue;
		if (n == f[1].start - f->start &&
		    !(scratch->store_id == store->id &&
		      scratch->frame_number == frame)) {
			code = unpack_frame(store, frame, scratch,
					    scratch->whole + done, error);
		} else {
			code = hold_frame(store, frame, scratch, error);
			if (code == 0)
				memcpy(scratch->whole + done,
				       scratch->frame + skip, n);
		}
		if (code < 0)
			return code;
		done += n;
	}
	return 0;
}

static int load_blob(struct ul_store *store, uint64_t at, size_t length,
		     struct ul_scratch *scratch, const void **bytes,
		     struct ul_store_error *error)
{
	uint32_t frame = ul_table_find(&store->table, at);
	const struct ul_frame *f = &store->table.frames[frame];
	int code;

	if (!ul_scratch_fits(scratch, &store->table))
		return refuse_frame(store, frame, -ENOMEM, "out of memory",
				    error);
	if (at + length <= f[1].start) {
		code = hold_frame(store, frame, scratch, error);
		*bytes = scratch->frame + (at - f->start);
		return code;
	}
	code = load_across(store, frame, at, length, scratch, error);
	*bytes = scratch->whole;
	return code;
}

static const unsigned char *file_bytes(const struct ul_store *store,
				       uint64_t offset)
{
	return store->map + (store->base + offset - store->map_at);
}

int ul_store_load(struct ul_store *store, uint64_t offset, size_t length,
		  struct ul_scratch *scratch, const void **bytes,
		  struct ul_store_error *error)
{
	if (length > UL_LOAD_MAX || offset > store->length ||
	    length > store->length - offset)
		return ul_store_refuse(error, -EINVAL, store->name,
				       "load beyond its end", 0);
	*bytes = store->map;
	if (length == 0 || store->kind == UL_KIND_ZERO)
		return 0;
	if (store->kind == UL_KIND_FILE) {
		*bytes = file_bytes(store, offset);
		fetch(store, *bytes, length);
		return 0;
	}
	return load_blob(store, store->base + offset, length, scratch, bytes,
			 error);
}

void ul_store_extent(const struct ul_store *store, uint64_t offset,
		     uint64_t preferred, uint64_t *start, uint64_t *end)
{
	const struct ul_frame *f;

	if (store->kind == UL_KIND_BLOB && offset < store->length) {
		f = &store->table.frames[ul_table_find(&store->table,
						       store->base + offset)];
		*start = f->start > store->base ? f->start - store->base : 0;
		*end = f[1].start - store->base;
	} else {
		if (preferred == 0)
			preferred = 1;
		*start = offset - offset % preferred;
		*end = *start + preferred;
		if (*end < *start)
			*end = UINT64_MAX;
	}
	if (*end > store->length && offset < store->length)
		*end = store->length;
}

void ul_store_willneed(struct ul_store *store, uint64_t offset, uint64_t length)
{
	uintptr_t page, start, end;
	uint32_t first, last;

	if (store->kind == UL_KIND_ZERO || offset >= store->length ||
	    length == 0)
		return;
	if (length > store->length - offset)
		length = store->length - offset;
	if (store->kind == UL_KIND_FILE) {
		start = (uintptr_t)file_bytes(store, offset);
		end = start + length;
	} else {
		first = ul_table_find(&store->table, store->base + offset);
		last = ul_table_find(&store->table,
				     store->base + offset + length - 1);
		start = (uintptr_t)store->map + store->table.frames[first].at;
		end = (uintptr_t)store->map + store->table.frames[last + 1].at;
	}
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	start &= ~(page - 1);
	madvise((void *)start, end - start, MADV_WILLNEED);
}
