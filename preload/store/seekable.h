/* SPDX-License-Identifier: MIT */
/*
 * seekable.h - the blob's format: compressed frames and a table of them
 *
 * A blob is a row of zstd or LZ4 frames, each compressed for itself, and
 * behind them a skippable frame that holds the seek table:
 *
 *	+---------+---------+-----+----------------------------------------+
 *	| frame 0 | frame 1 | ... | 5E 2A 4D 18 | size | entries | footer  |
 *	+---------+---------+-----+----------------------------------------+
 *	 entry:  packed size u32, unpacked size u32 [, checksum u32]
 *	 footer: number of frames u32, descriptor u8, B1 EA 92 8F
 *
 * All numbers are little-endian. uffdlazy-blob(5) is the full description.
 *
 * Four files implement it: seekable.c unpacks frames and is what runs on a
 * fault's path, seekable_table.c reads tables, seekable_foreign.c tells what a
 * file without one is, and seekable_write.c writes frames and tables.
 * zstd.h is included by the first and the third alone, lz4's headers too.
 */
#ifndef UL_SEEKABLE_H
#define UL_SEEKABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/store/store.h"

#define UL_ZSTD_MAGIC	   0xFD2FB528U
#define UL_LZ4_MAGIC	   0x184D2204U
#define UL_SKIPPABLE_MAGIC 0x184D2A50U /* and the 15 that follow */
#define UL_TABLE_MAGIC	   0x184D2A5EU
#define UL_FOOTER_MAGIC	   0x8F92EAB1U

#define UL_TABLE_CHECKSUMS 0x80U       /* descriptor: entries have a checksum */
#define UL_TABLE_RESERVED  0x7CU       /* descriptor: must be zero */
#define UL_TABLE_HEAD	   ((size_t)8) /* bytes: magic, size */
#define UL_TABLE_FOOT	   ((size_t)9) /* bytes: frames, descriptor, magic */
#define UL_FRAMES_MAX	   0x8000000U  /* frames in one blob, at the most */
#define UL_ENTRY_SIZE	   ((size_t)12) /* bytes: what we write has checksums */

/*
 * The seal: a damaged table could move the bytes of frames that are whole,
 * and no checksum of the format would notice. So what we write has, as its
 * last frame, a skippable one with the checksum of the table; for others it
 * is a frame without bytes, as the format allows. It is known by its place,
 * directly before the table, and by its tag.
 */
#define UL_SEAL_MAGIC 0x184D2A5DU
#define UL_SEAL_TAG   "ultable1"
#define UL_SEAL_SIZE  ((size_t)24) /* bytes: head, tag, XXH64 */

/* Bytes of a frame at the most, packed: what either codec needs for
 * UL_FRAME_MAX bytes that cannot be compressed, with room to spare. */
#define UL_PACKED_MAX (UL_FRAME_MAX + UL_FRAME_MAX / 64)

enum ul_codec { UL_CODEC_ZSTD, UL_CODEC_LZ4 };

static inline uint32_t ul_get_u32(const void *from)
{
	const unsigned char *b = from;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

static inline void ul_put_u32(void *to, uint32_t value)
{
	unsigned char *b = to;

	b[0] = (unsigned char)value;
	b[1] = (unsigned char)(value >> 8);
	b[2] = (unsigned char)(value >> 16);
	b[3] = (unsigned char)(value >> 24);
}

static inline uint64_t ul_get_u64(const void *from)
{
	return ul_get_u32(from) |
	       (uint64_t)ul_get_u32((const unsigned char *)from + 4) << 32;
}

static inline bool ul_is_skippable(uint32_t magic)
{
	return (magic & ~15U) == UL_SKIPPABLE_MAGIC;
}

struct ul_frame {
	uint64_t start;	   /* where its bytes begin, unpacked */
	uint64_t at;	   /* where it lies in the file */
	uint32_t packed;   /* its size in the file */
	uint32_t checksum; /* low half of XXH64 of its bytes */
};

/* A seek table, checked: starts ascend from 0, frames lie one behind the
 * other from 0 to the table, none is larger than UL_FRAME_MAX unpacked or
 * UL_PACKED_MAX packed. frames[n_frames] is the end of both. Constant. */
struct ul_table {
	enum ul_codec codec;
	bool checksums; /* the entries have one */
	bool sealed;	/* the last frame is the table's seal */
	uint32_t n_frames;
	uint32_t frame_size; /* of the first one with bytes; a guess at all */
	uint32_t frame_max;  /* of the largest one */
	uint32_t packed_max; /* the same, in the file */
	uint64_t length;     /* bytes unpacked */
	uint64_t file_size;  /* bytes of the blob */
	uint64_t checksum;   /* XXH64 of the table's skippable frame, whole */
	struct ul_frame *frames;
	size_t frames_bytes; /* of the mapping that frames is */
};

static inline uint32_t ul_table_unpacked(const struct ul_table *table,
					 uint32_t frame)
{
	return (uint32_t)(table->frames[frame + 1].start -
			  table->frames[frame].start);
}

/*
 * Read and check the table of the blob behind fd. label names the file in
 * the error's text. Context: an opener; blocks; maps memory, in proportion to
 * the file's true size. Returns 0 or -errno (-EBADMSG: not a blob, or a
 * damaged one).
 */
int ul_table_read(int fd, const char *label, struct ul_table *table,
		  struct ul_store_error *error);
void ul_table_free(struct ul_table *table);

/* The frame that holds the byte at offset, which is below length. Context:
 * any; calls nothing. */
uint32_t ul_table_find(const struct ul_table *table, uint64_t offset);

/* What a frame is unpacked with. It lives in memory that the caller gives,
 * ul_unpacker_size() bytes aligned to 64; it allocates none, then or later. */
struct ul_unpacker;
size_t ul_unpacker_size(void);
struct ul_unpacker *ul_unpacker_init(void *memory, size_t size);

/*
 * Unpack one frame into dst, which has room for its bytes, and verify its
 * checksum: the table's, or the frame's own if the table has none. Context: a
 * fault's path. Allocates: no. Returns 0, or -EBADMSG and in *why, in words
 * that last for ever, what is wrong with the frame.
 */
int ul_frame_unpack(struct ul_unpacker *unpacker, const struct ul_table *table,
		    uint32_t frame, const void *packed, void *dst,
		    const char **why);

/* The size of the zstd frame at the start of these bytes; 0: they do not
 * hold the whole of it. */
size_t ul_zstd_frame_size(const void *bytes, size_t length);

/* The ID of the dictionary that a frame, which begins with these bytes, is
 * packed with; 0: none that it names. */
#define UL_FRAME_HEAD ((size_t)19) /* bytes that tell it */
uint32_t ul_frame_dictionary(const unsigned char *head, size_t length);

/* What frames are packed with, one for each thread. May allocate. */
struct ul_packer;
void ul_packer_level_range(enum ul_codec codec, int *lowest, int *highest,
			   int *usual);
struct ul_packer *ul_packer_new(enum ul_codec codec, int level,
				size_t frame_size);
void ul_packer_free(struct ul_packer *packer);

/* Bytes that a frame of frame_size bytes needs at the most, packed. */
size_t ul_packer_bound(enum ul_codec codec, size_t frame_size);

/* One entry of a table to be written. */
struct ul_entry {
	uint32_t packed;
	uint32_t unpacked;
	uint32_t checksum;
};

/* Pack length bytes as one frame into dst, and describe it in *entry.
 * Returns 0 or -errno. */
int ul_packer_pack(struct ul_packer *packer, const void *bytes, size_t length,
		   void *dst, size_t room, struct ul_entry *entry);

/* The entry of the seal, which is the last of a table. */
void ul_seal_entry(struct ul_entry *entry);

/* The frames that come behind the packed ones: the table, into
 * ul_table_size(n) bytes, and its seal, which lies before it in the file. */
size_t ul_table_size(uint32_t n_entries);
void ul_table_put(unsigned char *dst, const struct ul_entry *entries,
		  uint32_t n_entries);
void ul_seal_put(unsigned char dst[UL_SEAL_SIZE], const unsigned char *table,
		 size_t size);

#endif
