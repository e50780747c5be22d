/* SPDX-License-Identifier: MIT */
/* blob.h - make blobs for the store's tests, regular ones and odd ones */
#ifndef UL_TEST_BLOB_H
#define UL_TEST_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "preload/store/seekable.h"

/* A file in the making. */
struct blob {
	unsigned char *bytes;
	size_t length;
	struct ul_entry entries[4096];
	uint32_t n_entries;
};

void blob_start(struct blob *blob);
void blob_end(struct blob *blob);

void blob_add(struct blob *blob, const void *bytes, size_t length);
/* Pack length bytes as a frame of its own. */
void blob_add_frame(struct blob *blob, enum ul_codec codec, const void *bytes,
		    size_t length);
void blob_add_skippable(struct blob *blob, const void *bytes, size_t length);
void blob_add_table(struct blob *blob, int checksums);
void blob_add_sealed_table(struct blob *blob);

/* Pack all of it in frames of one size, and add the sealed table: what
 * uffdlazy-pack writes. */
void blob_pack(struct blob *blob, enum ul_codec codec, const void *bytes,
	       size_t length, size_t frame_size);

/* An open file without a name, and one with a name in the test's folder. */
int blob_fd(const struct blob *blob);
void blob_save(const struct blob *blob, const char *path);

/* Bytes that compress somewhat, the same ones for the same seed. */
unsigned char *make_bytes(size_t length, unsigned int seed);

#endif
