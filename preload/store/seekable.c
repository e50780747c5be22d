/* SPDX-License-Identifier: MIT */
/*
 * seekable.c - unpack a frame
 *
 * This runs on a fault's path: it allocates nothing and calls only zstd's and
 * lz4's block decoders. zstd gets its context placed into memory that is
 * there already, so that it could not allocate if it wanted to. LZ4's own
 * frame decoder allocates when it meets a frame's header; so the frame is
 * taken apart here, and only its blocks are given to the library. Frames are
 * untrusted: a size is used only after it was compared with the room for it.
 */
#include "config.h"

#define ZSTD_STATIC_LINKING_ONLY /* initStaticDCtx, forceIgnoreChecksum */
#include <zstd.h>
#include <lz4.h>

#include <errno.h>
#include <string.h>

#include "preload/store/checksum.h"
#include "preload/store/seekable.h"

struct ul_unpacker {
	ZSTD_DCtx *zstd;
	int trusting; /* 1: zstd was told to skip its frames' checksums */
	_Alignas(64) unsigned char memory[];
};

size_t ul_unpacker_size(void)
{
	return sizeof(struct ul_unpacker) + ZSTD_estimateDCtxSize() + 64;
}

struct ul_unpacker *ul_unpacker_init(void *memory, size_t size)
{
	struct ul_unpacker *unpacker = memory;

	if (size < ul_unpacker_size())
		return NULL;
	unpacker->zstd =
		ZSTD_initStaticDCtx(unpacker->memory, size - sizeof(*unpacker));
	unpacker->trusting = 0;
	return unpacker->zstd ? unpacker : NULL;
}

size_t ul_zstd_frame_size(const void *bytes, size_t length)
{
	size_t size = ZSTD_findFrameCompressedSize(bytes, length);

	return ZSTD_isError(size) ? 0 : size;
}

/* Tell zstd whether to verify its own checksums; needed only on a change. */
static void trust(struct ul_unpacker *unpacker, int trusting)
{
#if ZSTD_VERSION_NUMBER >= 10405
	if (unpacker->trusting == trusting)
		return;
	if (!ZSTD_isError(ZSTD_DCtx_setParameter(
		    unpacker->zstd, ZSTD_d_forceIgnoreChecksum, trusting)))
		unpacker->trusting = trusting;
#else
	(void)unpacker;
	(void)trusting;
#endif
}

static int unpack_zstd(struct ul_unpacker *unpacker, bool verified_elsewhere,
		       const void *packed, size_t packed_size, void *dst,
		       size_t size, const char **why)
{
	size_t done;

	/* An entry is one frame. Several in one, or one of zstd's formats
	 * before 1.0 (whose decoders allocate), do not get further. */
	if (ul_zstd_frame_size(packed, packed_size) != packed_size) {
		*why = "its size is not the one in the seek table";
		return -EBADMSG;
	}
	trust(unpacker, verified_elsewhere);
	done = ZSTD_decompressDCtx(unpacker->zstd, dst, size, packed,
				   packed_size);
	if (ZSTD_isError(done)) {
		*why = ZSTD_getErrorName(done);
		return -EBADMSG;
	}
	if (done != size) {
		*why = "it unpacks to fewer bytes than the seek table says";
		return -EBADMSG;
	}
	return 0;
}

/* What an LZ4 frame's header says. */
struct lz4_frame {
	size_t header;	  /* bytes */
	size_t block_max; /* bytes, unpacked */
	bool linked;	  /* blocks refer to the 64 KiB before them */
	bool block_sums;
	bool content_sum;
};

#define LZ4_INDEPENDENT	 0x20
#define LZ4_BLOCK_SUMS	 0x10
#define LZ4_CONTENT_SIZE 0x08
#define LZ4_CONTENT_SUM	 0x04
#define LZ4_RESERVED	 0x02
#define LZ4_DICTIONARY	 0x01
#define LZ4_WINDOW	 ((size_t)64 << 10)
#define LZ4_STORED	 0x80000000U

static const char *parse_lz4_header(const unsigned char *packed, size_t length,
				    size_t size, struct lz4_frame *frame)
{
	unsigned int flags, block;

	if (length < 7)
		return "it ends within its header";
	flags = packed[4];
	block = packed[5];
	if (flags >> 6 != 1 || (flags & LZ4_RESERVED) || (block & 0x8f) ||
	    block >> 4 < 4)
		return "its header is damaged, or newer than this program";
	if (flags & LZ4_DICTIONARY)
		return "it needs a dictionary";
	frame->header = 7 + (flags & LZ4_CONTENT_SIZE ? 8 : 0);
	if (length < frame->header)
		return "it ends within its header";
	if (packed[frame->header - 1] !=
	    ((ul_checksum_32(packed + 4, frame->header - 5) >> 8) & 0xff))
		return "the checksum of its header does not match";
	if ((flags & LZ4_CONTENT_SIZE) &&
	    (ul_get_u32(packed + 6) != size || ul_get_u32(packed + 10) != 0))
		return "it unpacks to another size than the seek table says";
	frame->block_max = (size_t)1 << (8 + 2 * (block >> 4));
	frame->linked = !(flags & LZ4_INDEPENDENT);
	frame->block_sums = flags & LZ4_BLOCK_SUMS;
	frame->content_sum = flags & LZ4_CONTENT_SUM;
	return NULL;
}

/* One block into dst + done, where room bytes are free. Returns the bytes
 * made, or -1. */
static int unpack_lz4_block(const unsigned char *block, uint32_t head,
			    const struct lz4_frame *frame, unsigned char *dst,
			    size_t done, size_t room)
{
	uint32_t length = head & ~LZ4_STORED;
	size_t window = 0;

	if (room > frame->block_max)
		room = frame->block_max;
	if (head & LZ4_STORED) {
		if (length > room)
			return -1;
		memcpy(dst + done, block, length);
		return (int)length;
	}
	if (frame->linked)
		window = done < LZ4_WINDOW ? done : LZ4_WINDOW;
	return LZ4_decompress_safe_usingDict(
		(const char *)block, (char *)dst + done, (int)length, (int)room,
		(const char *)dst + done - window, (int)window);
}

static const char *unpack_lz4(const unsigned char *packed, size_t length,
			      bool verified_elsewhere, unsigned char *dst,
			      size_t size)
{
	struct lz4_frame frame;
	const char *why = parse_lz4_header(packed, length, size, &frame);
	size_t at, done = 0;
	uint32_t head;
	int made;

	if (why)
		return why;
	for (at = frame.header;;) {
		if (length - at < 4)
			return "it ends within a block";
		head = ul_get_u32(packed + at);
		at += 4;
		if (head == 0)
			break;
		/* No block is longer than its bytes stored as they are. */
		if ((head & ~LZ4_STORED) > frame.block_max ||
		    (head & ~LZ4_STORED) + (frame.block_sums ? 4 : 0) >
			    length - at)
			return "it ends within a block";
		made = unpack_lz4_block(packed + at, head, &frame, dst, done,
					size - done);
		if (made < 0)
			return "a block of it is damaged";
		done += (size_t)made;
		head &= ~LZ4_STORED;
		if (frame.block_sums) {
			if (!verified_elsewhere &&
			    ul_checksum_32(packed + at, head) !=
				    ul_get_u32(packed + at + head))
				return "the checksum of a block does not match";
			at += 4;
		}
		at += head;
	}
	if (done != size)
		return "it unpacks to fewer bytes than the seek table says";
	if (length - at != (frame.content_sum ? 4U : 0U))
		return "its size is not the one in the seek table";
	if (frame.content_sum && !verified_elsewhere &&
	    ul_checksum_32(dst, size) != ul_get_u32(packed + at))
		return "its checksum does not match";
	return NULL;
}

uint32_t ul_frame_dictionary(const unsigned char *head, size_t length)
{
	size_t at;

	if (length < 6 || ul_get_u32(head) != UL_LZ4_MAGIC)
		return ZSTD_getDictID_fromFrame(head, length);
	at = 6 + (head[4] & LZ4_CONTENT_SIZE ? 8 : 0);
	return (head[4] & LZ4_DICTIONARY) && length >= at + 4 ?
		       ul_get_u32(head + at) :
		       0;
}

int ul_frame_unpack(struct ul_unpacker *unpacker, const struct ul_table *table,
		    uint32_t frame, const void *packed, void *dst,
		    const char **why)
{
	const struct ul_frame *f = &table->frames[frame];
	size_t size = ul_table_unpacked(table, frame);
	uint32_t magic;

	*why = NULL;
	if (f->packed == 0 && size == 0)
		return 0;
	magic = f->packed < 8 ? 0 : ul_get_u32(packed);
	if (ul_is_skippable(magic)) {
		if (size != 0 ||
		    ul_get_u32((const char *)packed + 4) != f->packed - 8)
			*why = "it is a skippable frame of another size";
	} else if (table->codec == UL_CODEC_ZSTD && magic == UL_ZSTD_MAGIC) {
		unpack_zstd(unpacker, table->checksums, packed, f->packed, dst,
			    size, why);
	} else if (table->codec == UL_CODEC_LZ4 && magic == UL_LZ4_MAGIC) {
		*why = unpack_lz4(packed, f->packed, table->checksums, dst,
				  size);
	} else {
		*why = table->codec == UL_CODEC_ZSTD ? "it is not a zstd frame"
						     : "it is not an LZ4 frame";
	}
	/* A skippable frame's checksum is that of no bytes, or zero. */
	if (!*why && table->checksums && size != 0 &&
	    (uint32_t)ul_checksum_64(dst, size) != f->checksum)
		*why = "its checksum does not match the seek table's";
	return *why ? -EBADMSG : 0;
}

uint32_t ul_table_find(const struct ul_table *table, uint64_t offset)
{
	const struct ul_frame *frames = table->frames;
	uint32_t low = 0, high = table->n_frames, middle;

	/* Nearly always all frames but the last are of one size. */
	if (table->frame_size != 0 && offset / table->frame_size < high) {
		middle = (uint32_t)(offset / table->frame_size);
		if (frames[middle].start <= offset &&
		    offset < frames[middle + 1].start)
			return middle;
	}
	/* The first one that ends behind offset; those without bytes end
	 * where the one before them does, and are passed over. */
	while (low < high) {
		middle = low + (high - low) / 2;
		if (frames[middle + 1].start > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
