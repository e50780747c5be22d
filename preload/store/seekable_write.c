/* SPDX-License-Identifier: MIT */
/* seekable_write.c - pack frames, and put a table together */
#include "config.h"

#include <zstd.h>
#include <lz4frame.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "preload/store/checksum.h"
#include "preload/store/seekable.h"

#define LZ4_LEVEL_MAX 12 /* LZ4HC_CLEVEL_MAX */

struct ul_packer {
	enum ul_codec codec;
	ZSTD_CCtx *zstd;
	LZ4F_cctx *lz4;
	LZ4F_preferences_t prefs;
};

void ul_packer_level_range(enum ul_codec codec, int *lowest, int *highest,
			   int *usual)
{
	*lowest = 1;
	*highest = codec == UL_CODEC_ZSTD ? ZSTD_maxCLevel() : LZ4_LEVEL_MAX;
	*usual = codec == UL_CODEC_ZSTD ? 3 : 9;
}

static LZ4F_blockSizeID_t lz4_block(size_t frame_size)
{
	return frame_size <= (64U << 10)    ? LZ4F_max64KB
	       : frame_size <= (256U << 10) ? LZ4F_max256KB
	       : frame_size <= (1U << 20)   ? LZ4F_max1MB
					    : LZ4F_max4MB;
}

static bool set_up(struct ul_packer *packer, int level, size_t frame_size)
{
	if (packer->codec == UL_CODEC_LZ4) {
		packer->prefs.compressionLevel = level;
		packer->prefs.frameInfo.blockSizeID = lz4_block(frame_size);
		packer->prefs.frameInfo.contentChecksumFlag =
			LZ4F_contentChecksumEnabled;
		return !LZ4F_isError(LZ4F_createCompressionContext(
			&packer->lz4, LZ4F_VERSION));
	}
	packer->zstd = ZSTD_createCCtx();
	return packer->zstd &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(
		       packer->zstd, ZSTD_c_compressionLevel, level)) &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd,
						    ZSTD_c_checksumFlag, 1));
}

struct ul_packer *ul_packer_new(enum ul_codec codec, int level,
				size_t frame_size)
{
	struct ul_packer *packer = calloc(1, sizeof(*packer));

	if (!packer)
		return NULL;
	packer->codec = codec;
	if (!set_up(packer, level, frame_size)) {
		ul_packer_free(packer);
		return NULL;
	}
	return packer;
}

void ul_packer_free(struct ul_packer *packer)
{
	if (!packer)
		return;
	ZSTD_freeCCtx(packer->zstd);
	LZ4F_freeCompressionContext(packer->lz4);
	free(packer);
}

size_t ul_packer_bound(enum ul_codec codec, size_t frame_size)
{
	LZ4F_preferences_t prefs = {0};

	if (codec == UL_CODEC_ZSTD)
		return ZSTD_compressBound(frame_size);
	prefs.frameInfo.blockSizeID = lz4_block(frame_size);
	prefs.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
	return LZ4F_HEADER_SIZE_MAX + LZ4F_compressBound(frame_size, &prefs);
}

/* Begin, update, end: the one call that does all three allocates anew for
 * every frame. Returns 0 for an error. */
static size_t pack_lz4(struct ul_packer *packer, const void *bytes,
		       size_t length, unsigned char *dst, size_t room)
{
	static const LZ4F_compressOptions_t stable = {.stableSrc = 1};
	size_t done, n;

	packer->prefs.frameInfo.contentSize = length;
	done = LZ4F_compressBegin(packer->lz4, dst, room, &packer->prefs);
	if (LZ4F_isError(done))
		return 0;
	n = LZ4F_compressUpdate(packer->lz4, dst + done, room - done, bytes,
				length, &stable);
	if (LZ4F_isError(n))
		return 0;
	done += n;
	n = LZ4F_compressEnd(packer->lz4, dst + done, room - done, NULL);
	return LZ4F_isError(n) ? 0 : done + n;
}

int ul_packer_pack(struct ul_packer *packer, const void *bytes, size_t length,
		   void *dst, size_t room, struct ul_entry *entry)
{
	size_t n;

	if (packer->codec == UL_CODEC_ZSTD) {
		n = ZSTD_compress2(packer->zstd, dst, room, bytes, length);
		if (ZSTD_isError(n))
			n = 0;
	} else {
		n = pack_lz4(packer, bytes, length, dst, room);
	}
	if (n == 0)
		return -ENOMEM;
	entry->packed = (uint32_t)n;
	entry->unpacked = (uint32_t)length;
	entry->checksum = (uint32_t)ul_checksum_64(bytes, length);
	return 0;
}

void ul_seal_entry(struct ul_entry *entry)
{
	entry->packed = (uint32_t)UL_SEAL_SIZE;
	entry->unpacked = 0;
	entry->checksum = (uint32_t)ul_checksum_64("", 0);
}

void ul_seal_put(unsigned char dst[UL_SEAL_SIZE], const unsigned char *table,
		 size_t size)
{
	uint64_t sum = ul_checksum_64(table, size);

	ul_put_u32(dst, UL_SEAL_MAGIC);
	ul_put_u32(dst + 4, (uint32_t)UL_SEAL_SIZE - 8);
	memcpy(dst + 8, UL_SEAL_TAG, 8);
	ul_put_u32(dst + 16, (uint32_t)sum);
	ul_put_u32(dst + 20, (uint32_t)(sum >> 32));
}

size_t ul_table_size(uint32_t n_entries)
{
	return UL_TABLE_HEAD + n_entries * UL_ENTRY_SIZE + UL_TABLE_FOOT;
}

void ul_table_put(unsigned char *dst, const struct ul_entry *entries,
		  uint32_t n_entries)
{
	ul_put_u32(dst, UL_TABLE_MAGIC);
	ul_put_u32(dst + 4,
		   (uint32_t)(ul_table_size(n_entries) - UL_TABLE_HEAD));
	dst += UL_TABLE_HEAD;
	for (uint32_t i = 0; i < n_entries; i++, dst += UL_ENTRY_SIZE) {
		ul_put_u32(dst, entries[i].packed);
		ul_put_u32(dst + 4, entries[i].unpacked);
		ul_put_u32(dst + 8, entries[i].checksum);
	}
	ul_put_u32(dst, n_entries);
	dst[4] = UL_TABLE_CHECKSUMS;
	ul_put_u32(dst + 5, UL_FOOTER_MAGIC);
}
