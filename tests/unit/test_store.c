/* SPDX-License-Identifier: MIT */
/*
 * Rationale: whatever range is asked of whatever kind of store, the bytes are
 * those of the original file, and what cannot be had is said, not invented.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/store/store.h"
#include "tests/unit/blob.h"
#include "tests/unit/check.h"

static struct ul_store_error error;

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void check_load(struct ul_store *store, struct ul_scratch *scratch,
		       const unsigned char *wanted, uint64_t at, size_t length)
{
	const void *bytes = NULL;
	unsigned char *copy = malloc(length + 1);

	CHECK(copy);
	error.text[0] = '\0';
	if (ul_store_load(store, at, length, scratch, &bytes, &error) < 0) {
		fprintf(stderr, "load %ju+%zu: %s\n", (uintmax_t)at, length,
			error.text);
		exit(1);
	}
	CHECK(length == 0 || memcmp(bytes, wanted + at, length) == 0);
	copy[length] = 0x5a;
	CHECK_EQ(ul_store_read(store, at, copy, length, &error), 0);
	CHECK(memcmp(copy, wanted + at, length) == 0 && copy[length] == 0x5a);
	free(copy);
}

/* Ranges of all kinds: within frames, on their borders, across many. */
static void check_ranges(struct ul_store *store, const unsigned char *wanted,
			 size_t length, size_t frame)
{
	struct ul_scratch *scratch = ul_scratch_new();
	uint64_t start, end, at, x = 12345;
	size_t n;

	CHECK(scratch);
	CHECK_EQ(ul_store_length(store), length);
	check_load(store, scratch, wanted, 0, 0);
	check_load(store, scratch, wanted, length, 0);
	for (at = 0; at + frame <= length && at < 40 * frame; at += frame) {
		check_load(store, scratch, wanted, at,
			   frame < UL_LOAD_MAX ? frame : UL_LOAD_MAX);
		check_load(store, scratch, wanted, at, 1);
		check_load(store, scratch, wanted, at + frame - 1, 1);
		if (at > 0)
			check_load(store, scratch, wanted, at - 1, 2);
	}
	for (int i = 0; i < 300; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		at = (x >> 20) % length;
		n = (x >> 7) % (i % 3 ? 3 * frame : UL_LOAD_MAX);
		if (n > length - at)
			n = length - at;
		if (n > UL_LOAD_MAX)
			n = UL_LOAD_MAX;
		check_load(store, scratch, wanted, at, n);
		ul_store_extent(store, at, 4096, &start, &end);
		CHECK(start <= at && at < end && end <= length);
		ul_store_willneed(store, at, n);
	}
	ul_scratch_free(scratch);
}

static void test_blob(enum ul_codec codec, size_t length, size_t frame)
{
	unsigned char *bytes = make_bytes(length, (unsigned int)frame);
	struct ul_store *store, *part;
	struct blob blob;
	uint64_t start, end;
	int fd;

	blob_pack(&blob, codec, bytes, length, frame);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &store, &error),
		 0);
	CHECK_EQ(ul_store_open_blob_fd("p", fd, 777, length / 2, &part, &error),
		 0);
	close(fd);
	CHECK(strcmp(ul_store_name(store), "b") == 0);
	CHECK(!ul_store_is_zero(store));
	check_ranges(store, bytes, length, frame);
	check_ranges(part, bytes + 777, length / 2, frame);
	ul_store_extent(store, frame + frame / 2, 4096, &start, &end);
	CHECK_EQ(start, frame);
	CHECK_EQ(end, 2 * frame);
	ul_store_extent(part, 0, 4096, &start, &end);
	CHECK_EQ(start, 0);
	ul_store_put(store);
	ul_store_put(part);
	blob_end(&blob);
	free(bytes);
}

/* One scratch, two stores in turns: the frame kept is the right store's. */
static void test_two_stores(void)
{
	unsigned char *one = make_bytes(200000, 1),
		      *two = make_bytes(200000, 2);
	struct ul_scratch *scratch = ul_scratch_new();
	struct ul_store *a, *b;
	struct blob blob;
	int fd;

	blob_pack(&blob, UL_CODEC_ZSTD, one, 200000, 65536);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("a", fd, 0, UINT64_MAX, &a, &error), 0);
	close(fd);
	blob_end(&blob);
	blob_pack(&blob, UL_CODEC_LZ4, two, 200000, 65536);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &b, &error), 0);
	close(fd);
	blob_end(&blob);
	for (int i = 0; i < 6; i++) {
		check_load(i % 2 ? a : b, scratch, i % 2 ? one : two, 70000, 9);
		check_load(i % 3 ? a : b, scratch, i % 3 ? one : two, 1,
			   190000);
	}
	ul_store_put(a);
	/* A store opened in the place of the one that is gone. */
	blob_pack(&blob, UL_CODEC_LZ4, two, 200000, 65536);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("c", fd, 0, UINT64_MAX, &a, &error), 0);
	close(fd);
	blob_end(&blob);
	check_load(a, scratch, two, 70000, 9);
	ul_store_put(a);
	ul_store_put(b);
	ul_scratch_free(scratch);
	free(one);
	free(two);
}

static struct ul_store *open_packed(const unsigned char *bytes, size_t length,
				    uint32_t frame)
{
	struct ul_store *store;
	struct blob blob;
	int fd;

	blob_pack(&blob, UL_CODEC_ZSTD, bytes, length, frame);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("p", fd, 0, UINT64_MAX, &store, &error),
		 0);
	close(fd);
	blob_end(&blob);
	return store;
}

/* A scratch that lasts, as a thread's does: it serves what is opened later, and
 * in a fork's child believes nothing of what it held. */
static void test_lasting(void)
{
	size_t length = 40 << 20;
	unsigned char *bytes = make_bytes(length, 5);
	struct ul_scratch *scratch = ul_scratch_new();
	struct ul_store *small = open_packed(bytes, 200000, 65536), *large;
	const void *kept, *again;

	CHECK_EQ(ul_scratch_lasts(scratch), 0);
	check_load(small, scratch, bytes, 70000, 9);
	large = open_packed(bytes, length, 20 << 20);
	check_load(large, scratch, bytes, (20 << 20) - 7, 1000);
	check_load(small, scratch, bytes, 70000, 9);
	CHECK_EQ(ul_store_load(small, 70000, 9, scratch, &kept, &error), 0);
	*(unsigned char *)kept ^= 1;
	CHECK_EQ(ul_store_load(small, 70000, 9, scratch, &again, &error), 0);
	CHECK(memcmp(again, bytes + 70000, 9) != 0);	/* it was kept */
	ul_store_forked();
	check_load(small, scratch, bytes, 70000, 9);
	ul_store_put(small);
	ul_store_put(large);
	free(bytes);
}

static void test_file(void)
{
	unsigned char *bytes = make_bytes(300001, 3);
	struct blob file = {.bytes = bytes, .length = 300001};
	struct ul_store *store;
	int fd = blob_fd(&file);

	CHECK_EQ(ul_store_open_file_fd("f", fd, 0, UINT64_MAX, &store, &error),
		 0);
	check_ranges(store, bytes, 300001, 4096);
	ul_store_put(store);
	/* An offset that is no page's, a length beyond the end. */
	CHECK_EQ(ul_store_open_file_fd("f", fd, 5001, 999999, &store, &error),
		 0);
	check_ranges(store, bytes + 5001, 300001 - 5001, 4096);
	ul_store_put(ul_store_get(store));
	CHECK_EQ(ul_store_length(store), 295000);
	ul_store_put(store);
	CHECK_EQ(ul_store_open_file_fd("f", fd, 300001, 7, &store, &error), 0);
	CHECK_EQ(ul_store_length(store), 0);
	ul_store_put(store);
	CHECK_EQ(ul_store_open_file_fd("f", fd, 300002, 7, &store, &error),
		 -EINVAL);
	CHECK_HAS(error.text, "beyond its end");
	close(fd);
	free(bytes);
}

static void test_zero(void)
{
	struct ul_scratch *scratch = ul_scratch_new();
	unsigned char *zeros = calloc(1, UL_LOAD_MAX);
	struct ul_store *store;
	const void *bytes;

	CHECK(zeros && scratch);
	CHECK_EQ(ul_store_open_zero(&store), 0);
	CHECK(ul_store_is_zero(store));
	CHECK(ul_store_length(store) == UINT64_MAX);
	CHECK_EQ(ul_store_load(store, 1ull << 60, UL_LOAD_MAX, scratch, &bytes,
			       &error),
		 0);
	CHECK(memcmp(bytes, zeros, UL_LOAD_MAX) == 0);
	ul_store_put(store);
	ul_scratch_free(scratch);
	free(zeros);
}

/* Another thread takes the number for its own file just when open(2) returns, or a
 * little later. */
static int taken, taken_later;
static const char *takes;
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t from);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t from);

static void take(int fd)
{
	int other = __real_open(takes, O_RDONLY);

	CHECK_EQ(dup2(other, fd), fd);
	close(other);
}

int __wrap_open(const char *path, int flags, ...)
{
	int fd = __real_open(path, flags, 0600);

	if (fd >= 0 && taken && taken--)
		take(fd);
	return fd;
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t from)
{
	if (fd >= 0 && taken_later && taken_later--)
		take(fd);
	return __real_mmap(at, size, prot, flags, fd, from);
}

static void test_number_taken(const char *folder)
{
	char path[200], other[200], byte = 0;
	struct ul_store *store;

	snprintf(path, sizeof(path), "%s/store", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	write_file(path, "right");
	write_file(other, "wrong");
	takes = other;
	for (int i = 0; i < 3; i++) {
		taken = i;
		taken_later = 2 - i;
		CHECK_EQ(ul_store_open_file("f", path, 0, 5, &store, &error),
			 0);
		CHECK_EQ(ul_store_read(store, 0, &byte, 1, &error), 0);
		CHECK_EQ(byte, 'r');
		CHECK(!taken && !taken_later);
		ul_store_put(store);
	}
	taken = 1000;
	CHECK_EQ(ul_store_open_file("f", path, 0, 5, &store, &error), -ESTALE);
	CHECK_HAS(error.text, "its descriptor or its name went to another");
	CHECK(ul_store_error_passes(-ESTALE));
	taken = 0;
	unlink(path);
	unlink(other);
}

static void test_refusals(const char *folder)
{
	struct ul_store *store;
	char path[200];

	CHECK_EQ(ul_store_open_file("f", "/nowhere/x", 0, 1, &store, &error),
		 -ENOENT);
	CHECK_HAS(error.text, "/nowhere/x: cannot be opened: No such file");
	CHECK_EQ(ul_store_open_file("f", folder, 0, 1, &store, &error),
		 -EISDIR);
	CHECK_HAS(error.text, "is a directory");
	CHECK_EQ(ul_store_open_blob("f", folder, 0, 1, &store, &error),
		 -EISDIR);
	CHECK_HAS(error.text, "is a directory");
	snprintf(path, sizeof(path), "%s/fifo", folder);
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK_EQ(ul_store_open_file("f", path, 0, 1, &store, &error), -EINVAL);
	CHECK_HAS(error.text, "is a FIFO");
	CHECK_EQ(ul_store_open_blob("f", path, 0, 1, &store, &error), -EINVAL);
	CHECK_HAS(error.text, "is not a regular file");
	CHECK_EQ(ul_store_open_file("f", "/dev/zero", 0, 1, &store, &error),
		 -EINVAL);
	CHECK_HAS(error.text, "is a character device");
	unlink(path);
}

/* A file that shrinks under a store: an error, and no signal. */
static void test_truncated_under_us(void)
{
	unsigned char *bytes = make_bytes(1 << 20, 4);
	struct ul_scratch *scratch = ul_scratch_new();
	struct ul_store *store;
	const void *loaded;
	struct blob blob;
	char room[100];
	int fd;

	blob_pack(&blob, UL_CODEC_ZSTD, bytes, 1 << 20, 65536);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &store, &error),
		 0);
	check_load(store, scratch, bytes, 0, 100);
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(ul_store_load(store, 900000, 5, scratch, &loaded, &error),
		 -EIO);
	CHECK_HAS(error.text, "truncated");
	CHECK_EQ(ul_store_read(store, 900000, room, 5, &error), -EIO);
	/* What is left of the page holds zeros now: a frame of the first
	 * page is caught by its checksum. Another scratch: no frame kept. */
	ul_scratch_free(scratch);
	scratch = ul_scratch_new();
	CHECK(ul_store_load(store, 0, 5, scratch, &loaded, &error) < 0);
	ul_store_put(store);
	close(fd);
	blob_end(&blob);

	blob.bytes = bytes;
	blob.length = 1 << 20;
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_file_fd("f", fd, 0, UINT64_MAX, &store, &error),
		 0);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	CHECK_EQ(ul_store_read(store, 100, room, 5, &error), 0);
	CHECK_EQ(ul_store_read(store, 900000, room, 5, &error), -EIO);
	CHECK_HAS(error.text, "truncated");
	ul_store_put(store);
	close(fd);
	ul_scratch_free(scratch);
	free(bytes);
}

/* A forked child reads its own memory, not its parent's. */
static void test_fork(void)
{
	unsigned char *bytes = make_bytes(200000, 5);
	struct ul_scratch *scratch = ul_scratch_new();
	struct ul_store *store;
	struct blob blob;
	int fd, status;
	pid_t child;

	blob_pack(&blob, UL_CODEC_ZSTD, bytes, 200000, 65536);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &store, &error),
		 0);
	close(fd);
	check_load(store, scratch, bytes, 0, 10);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		check_load(store, scratch, bytes, 100000, 50000);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	check_load(store, scratch, bytes, 50000, 100000);
	ul_store_put(store);
	ul_scratch_free(scratch);
	blob_end(&blob);
	free(bytes);
}

/* Many threads, one store: each loads with a scratch of its own, and reads
 * with one of those that are kept. */
static struct ul_store *shared;
static const unsigned char *shared_bytes;

static void *load_much(void *context)
{
	struct ul_scratch *scratch = ul_scratch_new();
	struct ul_store_error why;
	unsigned char copy[5000];
	uint64_t x = (uintptr_t)context, at;
	const void *bytes;

	for (int i = 0; i < 200; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		at = (x >> 20) % (1000000 - 70000);
		ul_store_get(shared);
		CHECK_EQ(
			ul_store_load(shared, at, 70000, scratch, &bytes, &why),
			0);
		CHECK(memcmp(bytes, shared_bytes + at, 70000) == 0);
		CHECK_EQ(ul_store_read(shared, at, copy, 5000, &why), 0);
		CHECK(memcmp(copy, shared_bytes + at, 5000) == 0);
		ul_store_put(shared);
	}
	ul_scratch_free(scratch);
	return NULL;
}

static void test_threads(void)
{
	unsigned char *bytes = make_bytes(1000000, 8);
	pthread_t threads[6];
	struct blob blob;
	int fd;

	blob_pack(&blob, UL_CODEC_ZSTD, bytes, 1000000, 65536);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &shared, &error),
		 0);
	close(fd);
	shared_bytes = bytes;
	for (uintptr_t i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, load_much,
					(void *)(i + 1)),
			 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	ul_store_put(shared);
	blob_end(&blob);
	free(bytes);
}

/* Where seccomp forbids process_vm_readv(2): the same bytes, and for a file
 * that was truncated the same error. */
static void test_without_vm_readv(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, code};
	pid_t child = fork();
	struct iovec none = {NULL, 0};
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(0); /* no seccomp: nothing to be tested */
		CHECK(process_vm_readv(getpid(), &none, 1, &none, 1, 0) < 0);
		test_blob(UL_CODEC_ZSTD, 1 << 20, 65536);
		/* Linux before 5.14 cannot be asked for pages. */
		if (madvise(&code, 0, 22) == 0)
			test_truncated_under_us();
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

int main(void)
{
	char folder[] = "/tmp/test_store.XXXXXX";

	CHECK(mkdtemp(folder));
	test_zero();
	test_file();
	test_blob(UL_CODEC_ZSTD, 3 << 20, 65536);
	test_blob(UL_CODEC_ZSTD, 100001, 1000);
	test_blob(UL_CODEC_ZSTD, 30 << 20, 9 << 20);
	test_blob(UL_CODEC_LZ4, 3 << 20, 65536);
	test_blob(UL_CODEC_LZ4, 100001, 1000);
	test_blob(UL_CODEC_LZ4, 30 << 20, 9 << 20);
	test_two_stores();
	test_lasting();
	test_number_taken(folder);
	test_refusals(folder);
	test_truncated_under_us();
	test_fork();
	test_threads();
	test_without_vm_readv();
	CHECK_EQ(rmdir(folder), 0);
	return 0;
}
