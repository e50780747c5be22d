/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a blob's sizes, at the most. Frames far larger than what is loaded
 * at a time give the right bytes. A file that is a hole of a GiB or of 4 EiB,
 * and says that it is a blob, is refused, and before memory is taken for it.
 */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "preload/store/store.h"
#include "tests/unit/blob.h"
#include "tests/unit/check.h"

static struct ul_scratch *scratch;

/* Bytes that tell where they are, and compress well. */
static unsigned char *places(size_t length)
{
	unsigned char *bytes = calloc(1, length + 8);

	CHECK(bytes);
	for (size_t at = 0; at < length; at += 512)
		memcpy(bytes + at, &at, sizeof(at));
	return bytes;
}

static void check_load(struct ul_store *store, const unsigned char *original,
		       uint64_t at, uint64_t length)
{
	struct ul_store_error error = {""};
	const void *bytes;
	int code = ul_store_load(store, at, length, scratch, &bytes, &error);

	if (code < 0)
		fprintf(stderr, "%s\n", error.text);
	CHECK_EQ(code, 0);
	CHECK(memcmp(bytes, original + at, length) == 0);
}

/* Two frames of that size: from the ends, the middle, and across. */
static void large_frames(enum ul_codec codec, size_t frame)
{
	unsigned char *original = places(2 * frame);
	struct ul_store_error error = {""};
	uint64_t piece = frame < 65536 ? frame : 65536;
	struct ul_store *store;
	struct blob blob;
	int fd;

	blob_pack(&blob, codec, original, 2 * frame, frame);
	fd = blob_fd(&blob);
	CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &store, &error),
		 0);
	CHECK_EQ(ul_store_length(store), 2 * frame);
	check_load(store, original, 0, piece);
	check_load(store, original, frame - 100, 200);
	check_load(store, original, frame / 2, piece);
	check_load(store, original, 2 * frame - piece, piece);
	check_load(store, original, 1, 1);
	ul_store_put(store);
	close(fd);
	blob_end(&blob);
	free(original);
}

/* A hole of that size, and at its end a table of holes. */
static void refused_hole(uint64_t size, uint32_t frames, int checksums,
			 const char *why)
{
	uint64_t table = (uint64_t)frames * (checksums ? 12 : 8);
	unsigned char head[UL_TABLE_HEAD], foot[UL_TABLE_FOOT];
	uint64_t at = size - table - UL_TABLE_HEAD - UL_TABLE_FOOT;
	struct ul_store_error error = {""};
	int fd = memfd_create("hole", MFD_CLOEXEC);
	struct ul_store *store;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, (off_t)size), 0);
	ul_put_u32(head, UL_TABLE_MAGIC);
	ul_put_u32(head + 4, (uint32_t)(table + UL_TABLE_FOOT));
	ul_put_u32(foot, frames);
	foot[4] = checksums ? UL_TABLE_CHECKSUMS : 0;
	ul_put_u32(foot + 5, UL_FOOTER_MAGIC);
	CHECK_EQ(pwrite(fd, head, sizeof(head), (off_t)at), sizeof(head));
	CHECK_EQ(pwrite(fd, foot, sizeof(foot),
			(off_t)(size - sizeof(foot))),
		 sizeof(foot));
	CHECK_EQ(ul_store_open_blob_fd("hole", fd, 0, UINT64_MAX, &store,
				       &error),
		 -EBADMSG);
	CHECK_HAS(error.text, why);
	close(fd);
}

/* Neither zeros nor anything else of 4 EiB, without a table. */
static void refused_plain_hole(uint64_t size)
{
	struct ul_store_error error = {""};
	int fd = memfd_create("hole", MFD_CLOEXEC);
	struct ul_store *store;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, (off_t)size), 0);
	CHECK_EQ(ul_store_open_blob_fd("hole", fd, 0, UINT64_MAX, &store,
				       &error),
		 -EBADMSG);
	CHECK_HAS(error.text, "not a blob");
	close(fd);
}

static long most_kib(void)
{
	struct rusage usage;

	CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

int main(void)
{
	const uint64_t eib = (uint64_t)1 << 60;
	long before;

	scratch = ul_scratch_new();
	CHECK(scratch && ul_scratch_lasts(scratch) == 0);
	before = most_kib();
	refused_hole((uint64_t)1 << 30, (1U << 27) - 3, 0,
		     "frame 0 is smaller than any frame");
	refused_hole((uint64_t)2 << 30, (1U << 27) - 3, 1,
		     "frame 0 is smaller than any frame");
	refused_hole(4 * eib, 1, 1, "frame 0 is smaller");
	refused_hole(4 * eib, 0, 0, "do not add up");
	refused_hole(4 * eib, 1U << 27, 1, "frame 0 is smaller");
	refused_plain_hole(4 * eib);
	refused_plain_hole(INT64_MAX);
	/* The memory is what a test of 40 MiB has, not the 3 GiB of a table. */
	CHECK(most_kib() - before < 100 << 10);

	for (int codec = UL_CODEC_ZSTD; codec <= UL_CODEC_LZ4; codec++) {
		large_frames(codec, 1 << 20);
		large_frames(codec, (5 << 20) + 123);
		large_frames(codec, 64 << 20);
	}
	ul_scratch_free(scratch);
	return 0;
}
