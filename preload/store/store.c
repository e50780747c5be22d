/* SPDX-License-Identifier: MIT */
/* store.c - what all stores have in common, but for loading from them */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/hold.h"
#include "preload/store/scratch.h"
#include "preload/store/store_internal.h"
#include "preload/store/text.h"

#define TRIES 16			/* to open a file that changes */

void *ul_pages_map(size_t bytes)
{
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

struct ul_store *ul_store_new(enum ul_store_kind kind, const char *name)
{
	static _Atomic uint64_t last_id;
	size_t length = strlen(name) + 1;
	struct ul_store *store = ul_pages_map(sizeof(*store) + length);

	if (!store)
		return NULL;
	store->kind = kind;
	atomic_init(&store->users, 1);
	store->id = atomic_fetch_add(&last_id, 1) + 1;
	store->bytes = sizeof(*store) + length;
	memcpy(store->name, name, length);
	return store;
}

/*
 * Nothing is ever written to it, so that a private mapping shows the file's own
 * pages, as a shared one would. But a shared one of a descriptor that may write
 * keeps the file from being sealed (F_SEAL_WRITE), and some file systems have
 * none.
 */
int ul_store_map(struct ul_store *store, int fd, uint64_t at, uint64_t length)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t slack = at % page;
	void *map;

	if (length == 0)
		return 0;
	map = mmap(NULL, length + slack, PROT_READ, MAP_PRIVATE | MAP_NORESERVE,
		   fd, (off_t)(at - slack));
	if (map == MAP_FAILED)
		return -errno;
	store->map = map;
	store->map_bytes = length + slack;
	store->map_at = at - slack;
	return 0;
}

bool ul_store_error_passes(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM ||
	       error == -EINTR || error == -EAGAIN || error == -ESTALE;
}

int ul_store_refuse(struct ul_store_error *error, int code, const char *label,
		    const char *what, int meaning)
{
	struct ul_text text;

	ul_text_init(&text, error->text, sizeof(error->text));
	ul_text_append_str(&text, label);
	ul_text_append_str(&text, ": ");
	ul_text_append_str(&text, what);
	if (meaning != 0) {
		ul_text_append_str(&text, ": ");
		ul_text_append_errno(&text, meaning);
	}
	return code;
}

int ul_store_open_path(const char *path, struct ul_store_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return ul_store_refuse(error, -errno, path, "cannot be opened",
				       errno);
	return fd;
}

int ul_store_from_fd(ul_store_opener *opener, const char *name, int fd,
		     uint64_t offset, uint64_t length, struct ul_store **store,
		     struct ul_store_error *error)
{
	int saved = errno;
	int code = opener(name, name, fd, offset, length, store, error);

	errno = saved;
	return code;
}

static bool is_one_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* It has the flags that nobody else gives to a file that he only reads. */
static bool looks_ours(int fd)
{
	return (fcntl(fd, F_GETFD) & FD_CLOEXEC) &&
	       (fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) ==
		       (O_RDONLY | O_NONBLOCK);
}

/*
 * The descriptor is in the program's table for a moment, where another thread may
 * give its number to another file: close(2) and open(2), or dup2(2). So it has to
 * be the file of that name, before and after; else what was made of it is
 * another's, and the number is not ours to close. -ESTALE: so it was.
 */
static int open_once(ul_store_opener *opener, const char *name,
		     const char *path, uint64_t offset, uint64_t length,
		     struct ul_store **store, struct ul_store_error *error)
{
	int fd = ul_store_open_path(path, error);
	struct stat named, now;
	int code = -ESTALE;

	if (fd < 0)
		return fd;
	if (stat(path, &named) == 0 && fstat(fd, &now) == 0 &&
	    is_one_file(&named, &now)) {
		code = opener(name, path, fd, offset, length, store, error);
		if (fstat(fd, &now) < 0 || !is_one_file(&named, &now)) {
			if (code == 0)
				ul_store_put(*store);
			code = -ESTALE;
		}
	}
	if (code != -ESTALE || looks_ours(fd))
		ul_hold_close(fd);
	return code;
}

int ul_store_from_path(ul_store_opener *opener, const char *name,
		       const char *path, uint64_t offset, uint64_t length,
		       struct ul_store **store, struct ul_store_error *error)
{
	int saved = errno;
	int code = -ESTALE;

	for (int i = 0; i < TRIES && code == -ESTALE; i++)
		code = open_once(opener, name, path, offset, length, store,
				 error);
	if (code == -ESTALE)
		code = ul_store_refuse(error, -ESTALE, path,
				       "its descriptor or its name went to "
				       "another file whenever it was opened; "
				       "it is tried again the next time", 0);
	errno = saved;
	return code;
}

int ul_store_cut(struct ul_store *store, const char *label, uint64_t size,
		 uint64_t offset, uint64_t length, struct ul_store_error *error)
{
	struct ul_text text;

	if (offset > size) {
		ul_text_init(&text, error->text, sizeof(error->text));
		ul_text_append_str(&text, label);
		ul_text_append_str(&text, ": offset ");
		ul_text_append_u64(&text, offset);
		ul_text_append_str(&text, " lies beyond its end: it has ");
		ul_text_append_u64(&text, size);
		ul_text_append_str(&text, " bytes");
		return -EINVAL;
	}
	store->base = offset;
	store->length = length < size - offset ? length : size - offset;
	return 0;
}

struct ul_store *ul_store_get(struct ul_store *store)
{
	atomic_fetch_add_explicit(&store->users, 1, memory_order_relaxed);
	return store;
}

void ul_store_put(struct ul_store *store)
{
	int saved = errno;

	if (!store || atomic_fetch_sub_explicit(&store->users, 1,
						memory_order_acq_rel) != 1)
		return;
	if (store->map)
		munmap((void *)store->map, store->map_bytes);
	ul_table_free(&store->table);
	munmap(store, store->bytes);
	errno = saved;
}

void ul_store_list_add(struct ul_store_list *list, struct ul_store *store,
		       unsigned int times)
{
	if (!store->times) {
		store->next = list->first;
		list->first = store;
	}
	store->times += times;
}

struct ul_store *ul_store_list_take(struct ul_store_list *list,
				    unsigned int *times)
{
	struct ul_store *store = list->first;

	if (store) {
		list->first = store->next;
		*times = store->times;
		store->times = 0;
	}
	return store;
}

const void *ul_store_mapping(const struct ul_store *store)
{
	return store->map;
}

const char *ul_store_name(const struct ul_store *store)
{
	return store->name;
}

uint64_t ul_store_length(const struct ul_store *store)
{
	return store->length;
}

bool ul_store_is_zero(const struct ul_store *store)
{
	return store->kind == UL_KIND_ZERO;
}

bool ul_store_is_sealed(const struct ul_store *store)
{
	return store->kind != UL_KIND_BLOB || store->table.sealed;
}

/*
 * ul_store_read needs a scratch. One costs a DCtx and some page faults, and
 * keeps the frame it unpacked last, which the next read of a file most often
 * wants again: so a few are kept. Whoever takes one out of its place owns it;
 * one that is out while another thread forks is lost to the child, no more.
 */
static _Atomic(struct ul_scratch *) idle[4];

static struct ul_scratch *take_scratch(const struct ul_store *store)
{
	struct ul_scratch *scratch;

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		scratch = atomic_exchange(&idle[i], NULL);
		if (scratch && ul_scratch_fits(scratch, &store->table))
			return scratch;
		ul_scratch_free(scratch);
	}
	return ul_scratch_new();
}

static void give_scratch(struct ul_scratch *scratch)
{
	struct ul_scratch *none;

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		none = NULL;
		if (atomic_compare_exchange_strong(&idle[i], &none, scratch))
			return;
	}
	ul_scratch_free(scratch);
}

void ul_store_forked(void)
{
	/* One may have been out and back while it was copied. */
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		idle[i] = NULL;
	ul_scratch_forked();
}

static int read_pieces(struct ul_store *store, uint64_t offset,
		       unsigned char *dst, size_t length,
		       struct ul_scratch *scratch, struct ul_store_error *error)
{
	const void *bytes;
	size_t n;
	int code;

	while (length > 0) {
		n = length < UL_LOAD_MAX ? length : UL_LOAD_MAX;
		code = ul_store_load(store, offset, n, scratch, &bytes, error);
		if (code < 0)
			return code;
		if (store->kind != UL_KIND_FILE)
			memcpy(dst, bytes, n);
		else if (ul_map_copy(dst, bytes, n) < 0)
			return ul_store_refuse(error, -EIO, store->name,
					       "was truncated, or its disk "
					       "cannot be read",
					       0);
		dst += n;
		offset += n;
		length -= n;
	}
	return 0;
}

int ul_store_read(struct ul_store *store, uint64_t offset, void *dst,
		  size_t length, struct ul_store_error *error)
{
	struct ul_scratch *scratch = NULL;
	int saved = errno, code;

	if (offset > store->length || length > store->length - offset)
		return ul_store_refuse(error, -EINVAL, store->name,
				       "read beyond its end", 0);
	if (store->kind == UL_KIND_ZERO) {
		memset(dst, 0, length);
		return 0;
	}
	if (store->kind == UL_KIND_BLOB) {
		scratch = take_scratch(store);
		if (!scratch)
			return ul_store_refuse(error, -ENOMEM, store->name,
					       "no memory to unpack it", 0);
	}
	code = read_pieces(store, offset, dst, length, scratch, error);
	if (scratch)
		give_scratch(scratch);
	errno = saved;
	return code;
}
