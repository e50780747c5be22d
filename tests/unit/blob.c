/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/blob.h"
#include "tests/unit/check.h"

void blob_start(struct blob *blob)
{
	memset(blob, 0, sizeof(*blob));
}

void blob_end(struct blob *blob)
{
	free(blob->bytes);
	memset(blob, 0, sizeof(*blob));
}

void blob_add(struct blob *blob, const void *bytes, size_t length)
{
	blob->bytes = realloc(blob->bytes, blob->length + length + 1);
	CHECK(blob->bytes);
	if (length > 0)
		memcpy(blob->bytes + blob->length, bytes, length);
	blob->length += length;
}

void blob_add_frame(struct blob *blob, enum ul_codec codec, const void *bytes,
		    size_t length)
{
	struct ul_packer *packer = ul_packer_new(codec, 1, length);
	size_t room = ul_packer_bound(codec, length);
	unsigned char *packed = malloc(room);

	CHECK(packer && packed && blob->n_entries < 4096);
	CHECK_EQ(ul_packer_pack(packer, bytes, length, packed, room,
				&blob->entries[blob->n_entries]),
		 0);
	blob_add(blob, packed, blob->entries[blob->n_entries++].packed);
	free(packed);
	ul_packer_free(packer);
}

void blob_add_skippable(struct blob *blob, const void *bytes, size_t length)
{
	unsigned char head[8];

	ul_put_u32(head, UL_SKIPPABLE_MAGIC + 3);
	ul_put_u32(head + 4, (uint32_t)length);
	blob_add(blob, head, sizeof(head));
	blob_add(blob, bytes, length);
	blob->entries[blob->n_entries++] =
		(struct ul_entry){(uint32_t)length + 8, 0, 0};
}

void blob_add_table(struct blob *blob, int checksums)
{
	size_t size = ul_table_size(blob->n_entries);
	unsigned char *table = malloc(size), *entry = table + UL_TABLE_HEAD;

	CHECK(table);
	ul_table_put(table, blob->entries, blob->n_entries);
	if (!checksums) {
		ul_put_u32(table + 4, blob->n_entries * 8 + 9);
		for (uint32_t i = 0; i < blob->n_entries; i++)
			memmove(entry + i * 8, entry + i * UL_ENTRY_SIZE, 8);
		memmove(entry + blob->n_entries * 8,
			entry + blob->n_entries * UL_ENTRY_SIZE, UL_TABLE_FOOT);
		entry[blob->n_entries * 8 + 4] = 0;
		size -= blob->n_entries * 4;
	}
	blob_add(blob, table, size);
	free(table);
}

void blob_add_sealed_table(struct blob *blob)
{
	unsigned char seal[UL_SEAL_SIZE], *table;
	size_t size;

	ul_seal_entry(&blob->entries[blob->n_entries++]);
	size = ul_table_size(blob->n_entries);
	table = malloc(size);
	CHECK(table);
	ul_table_put(table, blob->entries, blob->n_entries);
	ul_seal_put(seal, table, size);
	blob_add(blob, seal, sizeof(seal));
	blob_add(blob, table, size);
	free(table);
}

void blob_pack(struct blob *blob, enum ul_codec codec, const void *bytes,
	       size_t length, size_t frame_size)
{
	size_t at, n;

	blob_start(blob);
	for (at = 0; at < length; at += n) {
		n = length - at < frame_size ? length - at : frame_size;
		blob_add_frame(blob, codec, (const char *)bytes + at, n);
	}
	blob_add_sealed_table(blob);
}

int blob_fd(const struct blob *blob)
{
	int fd = memfd_create("blob", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, blob->bytes, blob->length), blob->length);
	return fd;
}

void blob_save(const struct blob *blob, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, blob->bytes, blob->length), blob->length);
	close(fd);
}

unsigned char *make_bytes(size_t length, unsigned int seed)
{
	unsigned char *bytes = malloc(length + 1);
	uint64_t x = seed * 2654435761u + 88172645463325252u;

	CHECK(bytes);
	for (size_t i = 0; i < length; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		/* Half of it looks back a little, so that it compresses. */
		bytes[i] = i > 300 && (x & 0x700) ? bytes[i - 1 - (x & 0xff)]
						  : (unsigned char)(x >> 32);
	}
	return bytes;
}
