/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a load allocates nothing, not even when it fails; an allocation
 * on a fault's path can wait for the thread that waits for the fault. Counted
 * by a malloc of our own, which all of zstd and lz4 go through.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "preload/store/store.h"
#include "tests/unit/blob_cases.h"
#include "tests/unit/check.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED

int main(void)
{
	SKIP("a sanitizer has malloc for itself");
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static atomic_ulong calls;

void *malloc(size_t size)
{
	calls++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	calls++;
	return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
	calls++;
	return __libc_realloc(block, size);
}

void free(void *block)
{
	calls++;
	__libc_free(block);
}

/* Load from every frame, first alone and then across. Returns the failures. */
static unsigned int load(struct ul_store *store, struct ul_scratch *scratch)
{
	uint64_t at, start, end, length = ul_store_length(store);
	struct ul_store_error error;
	unsigned int failures = 0;
	const void *bytes;

	for (at = 0; at < length; at = end) {
		ul_store_extent(store, at, 65536, &start, &end);
		failures += ul_store_load(store, at, end - at, scratch, &bytes,
					  &error) < 0;
		ul_store_willneed(store, at, end - at);
	}
	failures += ul_store_load(store, 0,
				  length < UL_LOAD_MAX ? length : UL_LOAD_MAX,
				  scratch, &bytes, &error) < 0;
	return failures;
}

int main(void)
{
	unsigned char *original = make_bytes(CASE_LENGTH, 7);
	struct ul_scratch *scratch;
	struct ul_store_error error;
	struct ul_store *store;
	unsigned long before;
	unsigned int failures, opened = 0;
	struct blob blob;
	int fd;

	CHECK(calls > 0);
	for (size_t i = 0; i < n_blob_cases; i++) {
		if (blob_cases[i].open_error)
			continue;
		blob_cases[i].make(&blob, original);
		fd = blob_fd(&blob);
		CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &store,
					       &error),
			 0);
		/* Fresh, so that what is put off to the first use is seen. */
		scratch = ul_scratch_new();
		CHECK(scratch);
		before = calls;
		failures = load(store, scratch);
		if (calls != before) {
			fprintf(stderr, "%s: %lu calls of malloc and free\n",
				blob_cases[i].name, calls - before);
			return 1;
		}
		CHECK((failures > 0) == (blob_cases[i].load_error != NULL));
		ul_store_put(store);
		ul_scratch_free(scratch);
		close(fd);
		blob_end(&blob);
		opened++;
	}
	CHECK(opened > 10);
	free(original);
	return 0;
}

#endif
