/* SPDX-License-Identifier: MIT */
/*
 * Rationale: every kind of blob in blob_cases.c is either read right or
 * refused with the words for it; and no bit that is flipped in a blob gives
 * another byte than the original's. With a folder as argument the cases are
 * written there, with a README.
 */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "preload/store/store.h"
#include "tests/unit/blob_cases.h"
#include "tests/unit/check.h"

static unsigned char *original;
static struct ul_scratch *scratch;

/* Load all of a store and compare. Returns 0 or the load's error. */
static int load_all(struct ul_store *store, struct ul_store_error *error)
{
	uint64_t at, n, length = ul_store_length(store);
	const void *bytes;
	int code;

	for (at = 0; at < length; at += n) {
		n = length - at < 65536 ? length - at : 65536;
		code = ul_store_load(store, at, n, scratch, &bytes, error);
		if (code < 0)
			return code;
		CHECK(at + n <= CASE_LENGTH);
		CHECK(memcmp(bytes, original + at, n) == 0);
	}
	return 0;
}

static void check_case(const struct blob_case *c)
{
	struct ul_store_error error = {""};
	struct ul_store *store;
	struct blob blob;
	int fd, code;

	c->make(&blob, original);
	fd = blob_fd(&blob);
	code = ul_store_open_blob_fd(c->name, fd, 0, UINT64_MAX, &store,
				     &error);
	if (c->open_error) {
		CHECK(code < 0);
		CHECK_HAS(error.text, c->open_error);
		CHECK_HAS(error.text, c->name);
	} else {
		if (code < 0)
			fprintf(stderr, "%s\n", error.text);
		CHECK_EQ(code, 0);
		code = load_all(store, &error);
		if (c->load_error) {
			CHECK_EQ(code, -EBADMSG);
			CHECK_HAS(error.text, c->load_error);
		} else {
			if (code < 0)
				fprintf(stderr, "%s\n", error.text);
			CHECK_EQ(code, 0);
			CHECK_EQ(ul_store_length(store), CASE_LENGTH);
		}
		ul_store_put(store);
	}
	close(fd);
	blob_end(&blob);
}

/* One bit after the other; both codecs; every byte of the table and some of
 * the frames. It may be refused or read, but never read wrong. */
static void flip_bits(enum ul_codec codec)
{
	struct ul_store_error error;
	struct ul_store *store;
	size_t at, step, refused = 0;
	struct blob blob;
	int fd;

	blob_pack(&blob, codec, original, 30000, 8192);
	for (at = 0; at < blob.length; at += step) {
		step = blob.length - at <= 200 ? 1 : 37;
		blob.bytes[at] ^= (unsigned char)(1 << (at % 8));
		fd = blob_fd(&blob);
		if (ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &store,
					  &error) < 0) {
			refused++;
		} else {
			refused += load_all(store, &error) < 0;
			ul_store_put(store);
		}
		close(fd);
		blob.bytes[at] ^= (unsigned char)(1 << (at % 8));
	}
	/* Nearly all bits matter. */
	CHECK(refused > 500);
	blob_end(&blob);
}

/* What is cut off anywhere is refused: never opened as something smaller. */
static void cut_off(void)
{
	struct ul_store_error error;
	struct ul_store *store;
	struct blob blob;
	size_t whole;
	int fd;

	blob_pack(&blob, UL_CODEC_ZSTD, original, 30000, 8192);
	whole = blob.length;
	for (blob.length = 0; blob.length < whole;
	     blob.length += blob.length + 100 < whole ? 61 : 1) {
		fd = blob_fd(&blob);
		CHECK_EQ(ul_store_open_blob_fd("b", fd, 0, UINT64_MAX, &store,
					       &error),
			 -EBADMSG);
		close(fd);
	}
	blob_end(&blob);
}

static void write_cases(const char *folder)
{
	struct blob blob;
	FILE *readme;

	CHECK_EQ(chdir(folder), 0);
	readme = fopen("README", "w");
	CHECK(readme);
	for (size_t i = 0; i < n_blob_cases; i++) {
		blob_cases[i].make(&blob, original);
		blob_save(&blob, blob_cases[i].name);
		fprintf(readme, "%-30s %s\n", blob_cases[i].name,
			blob_cases[i].about);
		blob_end(&blob);
	}
	CHECK_EQ(fclose(readme), 0);
}

int main(int argc, char **argv)
{
	original = make_bytes(CASE_LENGTH, 7);
	scratch = ul_scratch_new();
	CHECK(scratch && ul_scratch_lasts(scratch) == 0);
	if (argc > 1) {
		write_cases(argv[1]);
		return 0;
	}
	for (size_t i = 0; i < n_blob_cases; i++)
		check_case(&blob_cases[i]);
	flip_bits(UL_CODEC_ZSTD);
	flip_bits(UL_CODEC_LZ4);
	cut_off();
	ul_scratch_free(scratch);
	free(original);
	return 0;
}
