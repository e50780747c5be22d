/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <lz4frame.h>
#include <zstd.h>

#include "tests/unit/blob_cases.h"
#include "tests/unit/check.h"

/* The place of frame i's entry, in a blob with checksums. */
static unsigned char *entry(struct blob *blob, uint32_t i)
{
	return blob->bytes + blob->length - UL_TABLE_FOOT -
	       (blob->n_entries - i) * UL_ENTRY_SIZE;
}

static unsigned char *foot(struct blob *blob)
{
	return blob->bytes + blob->length - UL_TABLE_FOOT;
}

/* As others write them, without a seal: what is changed in their tables is
 * for the other checks to find. */
static void add_frames(struct blob *blob, enum ul_codec codec,
		       const unsigned char *original)
{
	size_t at, n;

	blob_start(blob);
	for (at = 0; at < CASE_LENGTH; at += n) {
		n = CASE_LENGTH - at < 65536 ? CASE_LENGTH - at : 65536;
		blob_add_frame(blob, codec, original + at, n);
	}
	blob_add_table(blob, 1);
}

static void regular(struct blob *blob, const unsigned char *original)
{
	add_frames(blob, UL_CODEC_ZSTD, original);
}

static void regular_lz4(struct blob *blob, const unsigned char *original)
{
	add_frames(blob, UL_CODEC_LZ4, original);
}

static void sealed(struct blob *blob, const unsigned char *original)
{
	blob_pack(blob, UL_CODEC_ZSTD, original, CASE_LENGTH, 65536);
}

static void sealed_lz4(struct blob *blob, const unsigned char *original)
{
	blob_pack(blob, UL_CODEC_LZ4, original, CASE_LENGTH, 65536);
}

static void add_all(struct blob *blob, enum ul_codec codec,
		    const unsigned char *original)
{
	static const size_t sizes[] = {1, 4095, 4096, 70000, 12345};
	size_t at = 0, n;

	blob_start(blob);
	for (size_t i = 0; at < CASE_LENGTH; i++, at += n) {
		n = i < 5 ? sizes[i] : 9999;
		if (n > CASE_LENGTH - at)
			n = CASE_LENGTH - at;
		blob_add_frame(blob, codec, original + at, n);
	}
}

static void uneven(struct blob *blob, const unsigned char *original)
{
	add_all(blob, UL_CODEC_ZSTD, original);
	blob_add_table(blob, 1);
}

static void uneven_lz4(struct blob *blob, const unsigned char *original)
{
	add_all(blob, UL_CODEC_LZ4, original);
	blob_add_table(blob, 1);
}

static void no_table_checksums(struct blob *blob, const unsigned char *original)
{
	add_all(blob, UL_CODEC_ZSTD, original);
	blob_add_table(blob, 0);
}

static void no_table_checksums_lz4(struct blob *blob,
				   const unsigned char *original)
{
	add_all(blob, UL_CODEC_LZ4, original);
	blob_add_table(blob, 0);
}

/* A zstd frame without a checksum of its own. */
static void add_bare_frame(struct blob *blob, const unsigned char *bytes,
			   size_t length)
{
	size_t room = ZSTD_compressBound(length), n;
	void *packed = malloc(room);

	CHECK(packed);
	n = ZSTD_compress(packed, room, bytes, length, 3);
	CHECK(!ZSTD_isError(n));
	blob_add(blob, packed, n);
	blob->entries[blob->n_entries++] =
		(struct ul_entry){(uint32_t)n, (uint32_t)length, 0};
	free(packed);
}

static void no_checksums_at_all(struct blob *blob,
				const unsigned char *original)
{
	blob_start(blob);
	add_bare_frame(blob, original, 150000);
	add_bare_frame(blob, original + 150000, CASE_LENGTH - 150000);
	blob_add_table(blob, 0);
}

static void empty_frames(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 0);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 100000);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 0);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 0);
	blob_add_frame(blob, UL_CODEC_ZSTD, original + 100000, 100000);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 0);
	blob_add_table(blob, 1);
}

static void skippable(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add_skippable(blob, "before all", 10);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 65536);
	blob_add_skippable(blob, "", 0);
	blob_add_frame(blob, UL_CODEC_ZSTD, original + 65536,
		       CASE_LENGTH - 65536);
	blob_add_skippable(blob, "behind", 6);
	blob_add_table(blob, 1);
}

static void unused_bits(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	foot(blob)[4] |= 3;
}

/* LZ4 frames as others make them: prefs of every kind. */
static void add_lz4_frame(struct blob *blob, const unsigned char *bytes,
			  size_t length, int linked, int block_sums, int id)
{
	LZ4F_preferences_t prefs = {0};
	size_t room, n;
	void *packed;

	prefs.frameInfo.blockMode =
		linked ? LZ4F_blockLinked : LZ4F_blockIndependent;
	prefs.frameInfo.blockSizeID = (LZ4F_blockSizeID_t)id;
	prefs.frameInfo.blockChecksumFlag = (LZ4F_blockChecksum_t)block_sums;
	room = LZ4F_compressFrameBound(length, &prefs);
	packed = malloc(room);
	CHECK(packed);
	n = LZ4F_compressFrame(packed, room, bytes, length, &prefs);
	CHECK(!LZ4F_isError(n));
	blob_add(blob, packed, n);
	blob->entries[blob->n_entries++] =
		(struct ul_entry){(uint32_t)n, (uint32_t)length, 0};
	free(packed);
}

static void lz4_kinds(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	add_lz4_frame(blob, original, 150000, 1, 1, LZ4F_max64KB);
	add_lz4_frame(blob, original + 150000, 20000, 0, 1, LZ4F_max256KB);
	add_lz4_frame(blob, original + 170000, 29999, 1, 0, LZ4F_max4MB);
	add_lz4_frame(blob, original + 199999, 1, 0, 0, LZ4F_max1MB);
	blob_add_table(blob, 0);
}

/* ---- bad ---- */

/* A frame's bytes would be read from its neighbour's place. */
static void shifted_sealed(struct blob *blob, const unsigned char *original)
{
	sealed(blob, original);
	ul_put_u32(entry(blob, 1) + 4, 65537);
	ul_put_u32(entry(blob, 2) + 4, 65535);
}

static void broken_seal(struct blob *blob, const unsigned char *original)
{
	sealed(blob, original);
	entry(blob, 0)[-9] ^= 1;
}

static void empty_file(struct blob *blob, const unsigned char *original)
{
	(void)original;
	blob_start(blob);
	blob_add(blob, "", 0);
}

static void flipped_frame(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	blob->bytes[blob->entries[0].packed + 3000] ^= 0x10;
}

static void flipped_frame_lz4(struct blob *blob, const unsigned char *original)
{
	regular_lz4(blob, original);
	blob->bytes[blob->entries[0].packed + 3000] ^= 0x10;
}

static void flipped_checksum(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	entry(blob, 2)[8] ^= 1;
}

static void flipped_own_checksum(struct blob *blob,
				 const unsigned char *original)
{
	no_table_checksums(blob, original);
	blob->bytes[blob->entries[0].packed + blob->entries[1].packed - 1] ^= 1;
}

static void flipped_block_lz4(struct blob *blob, const unsigned char *original)
{
	lz4_kinds(blob, original);
	blob->bytes[5000] ^= 1;
}

static void flipped_head(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	entry(blob, 0)[-8] ^= 1;
}

static void table_size_lies(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(entry(blob, 0) - 4, 0xfffffff0u);
}

static void reserved_bits(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	foot(blob)[4] |= 0x20;
}

static void too_many_frames(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(foot(blob), 0x7ffffff);
}

static void four_billion_frames(struct blob *blob,
				const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(foot(blob), 0xffffffffu);
}

static void packed_too_large(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(entry(blob, 1), 0xffffffffu);
}

static void reaches_into_table(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(entry(blob, 3), blob->entries[3].packed + 1);
}

static void sum_too_small(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(entry(blob, 3), blob->entries[3].packed - 1);
}

static void unpacked_too_large(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(entry(blob, 1) + 4, UL_FRAME_MAX + 1);
}

static void bytes_from_nothing(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, CASE_LENGTH);
	blob->entries[blob->n_entries++] = (struct ul_entry){0, 4096, 0};
	blob_add_table(blob, 1);
}

static void unpacks_to_less(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(entry(blob, 1) + 4, 65537);
}

static void unpacks_to_more(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	ul_put_u32(entry(blob, 1) + 4, 65535);
}

static void bomb(struct blob *blob, const unsigned char *original)
{
	unsigned char *zeros = calloc(1, 60u << 20);

	(void)original;
	CHECK(zeros);
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_ZSTD, zeros, 60u << 20);
	blob->entries[0].unpacked = 4096;
	blob_add_table(blob, 1);
	free(zeros);
}

static void swapped_frames(struct blob *blob, const unsigned char *original)
{
	uint32_t sum;

	regular(blob, original);
	sum = ul_get_u32(entry(blob, 0) + 8);
	ul_put_u32(entry(blob, 0) + 8, ul_get_u32(entry(blob, 1) + 8));
	ul_put_u32(entry(blob, 1) + 8, sum);
}

static void two_in_one(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 100000);
	blob_add_frame(blob, UL_CODEC_ZSTD, original + 100000, 100000);
	blob->entries[0].packed += blob->entries[1].packed;
	blob->entries[0].unpacked = CASE_LENGTH;
	blob->n_entries = 1;
	blob_add_table(blob, 0);
}

static void mixed(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 100000);
	blob_add_frame(blob, UL_CODEC_LZ4, original + 100000, 100000);
	blob_add_table(blob, 1);
}

static void skippable_with_bytes(struct blob *blob,
				 const unsigned char *original)
{
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, 100000);
	blob_add_skippable(blob, original, 50000);
	blob->entries[1].unpacked = 100000;
	blob_add_table(blob, 1);
}

static void first_is_garbage(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	blob->bytes[0] ^= 1;
}

static void truncated_tail(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	blob->length -= 1;
}

static void truncated_first(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	blob->length = 1000;
}

static void truncated_to_foot(struct blob *blob, const unsigned char *original)
{
	regular(blob, original);
	memmove(blob->bytes, blob->bytes + 5000, blob->length - 5000);
	blob->length -= 5000;
}

/* ---- unsupported ---- */

static void plain_zst(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_ZSTD, original, CASE_LENGTH);
}

/* pzstd tells in a skippable frame how large the next one is. */
static void pzstd(struct blob *blob, const unsigned char *original)
{
	unsigned char size[4] = {0};

	blob_start(blob);
	blob_add_skippable(blob, size, sizeof(size));
	blob_add_frame(blob, UL_CODEC_ZSTD, original, CASE_LENGTH / 2);
	blob_add_skippable(blob, size, sizeof(size));
	blob_add_frame(blob, UL_CODEC_ZSTD, original + CASE_LENGTH / 2,
		       CASE_LENGTH / 2);
}

static void plain_lz4(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add_frame(blob, UL_CODEC_LZ4, original, CASE_LENGTH);
}

/* Three bytes, in a frame whose header names a dictionary. */
static void with_dictionary(struct blob *blob, const void *frame, size_t size)
{
	blob_start(blob);
	blob_add(blob, frame, size);
	blob->entries[blob->n_entries++] = (struct ul_entry){size, 3, 0};
	blob_add_table(blob, 0);
}

static void dictionary(struct blob *blob, const unsigned char *original)
{
	static const char frame[] = "\x28\xb5\x2f\xfd\x21\x2a\3"
				    "\x19\0\0abc";

	(void)original;
	with_dictionary(blob, frame, sizeof(frame) - 1);
}

static void dictionary_lz4(struct blob *blob, const unsigned char *original)
{
	static const char frame[] = "\x04\x22\x4d\x18\x61\x40\x2a"
				    "\1\0\0\0\3\0\0\x80" "abc";

	(void)original;
	with_dictionary(blob, frame, sizeof(frame) - 1);
}

static void gzip(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add(blob, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
	blob_add(blob, original, 1000);
}

static void xz(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add(blob,
		 "\xfd"
		 "7zXZ\0",
		 6);
	blob_add(blob, original, 1000);
}

static void text(struct blob *blob, const unsigned char *original)
{
	(void)original;
	blob_start(blob);
	blob_add(blob, "A text, and nothing else.\n", 26);
}

static void one_byte(struct blob *blob, const unsigned char *original)
{
	(void)original;
	blob_start(blob);
	blob_add(blob, "x", 1);
}

static void stub(struct blob *blob, const unsigned char *original)
{
	blob_start(blob);
	blob_add(blob, "uffdlazy-stub 1\n", 16);
	blob_add(blob, original, 5000);
}

const struct blob_case blob_cases[] = {
	{"good-sealed", "what uffdlazy-pack writes", NULL, NULL, sealed},
	{"good-sealed-lz4", "what uffdlazy-pack --codec lz4 writes", NULL, NULL,
	 sealed_lz4},
	{"good-zstd", "what other writers make: no seal", NULL, NULL, regular},
	{"good-lz4", "the same with LZ4", NULL, NULL, regular_lz4},
	{"good-uneven", "frames of any size, none a multiple of pages", NULL,
	 NULL, uneven},
	{"good-uneven-lz4", "the same with LZ4", NULL, NULL, uneven_lz4},
	{"good-no-table-checksums", "entries of 8 bytes; frames have sums",
	 NULL, NULL, no_table_checksums},
	{"good-no-table-checksums-lz4", "the same with LZ4", NULL, NULL,
	 no_table_checksums_lz4},
	{"good-no-checksums", "neither the table nor the frames have any", NULL,
	 NULL, no_checksums_at_all},
	{"good-empty-frames", "frames of no bytes first, last and between",
	 NULL, NULL, empty_frames},
	{"good-skippable", "skippable frames between, with entries", NULL, NULL,
	 skippable},
	{"good-unused-bits", "bits 0 and 1 of the descriptor are set", NULL,
	 NULL, unused_bits},
	{"good-lz4-kinds", "linked and independent blocks of every size", NULL,
	 NULL, lz4_kinds},
	{"bad-empty", "a file of no bytes", "the file is empty", NULL,
	 empty_file},
	{"bad-shifted-sealed", "a byte moved from one entry to the next",
	 "does not match its seal", NULL, shifted_sealed},
	{"bad-broken-seal", "a bit of the checksum in the seal",
	 "does not match its seal", NULL, broken_seal},
	{"bad-flipped-frame", "a bit of frame 1", NULL, "frame 1 (",
	 flipped_frame},
	{"bad-flipped-frame-lz4", "a bit of frame 1", NULL, "frame 1 (",
	 flipped_frame_lz4},
	{"bad-flipped-checksum", "a bit of frame 2's checksum in the table",
	 NULL, "its checksum does not match", flipped_checksum},
	{"bad-flipped-own-checksum",
	 "a bit of frame 1's own checksum, and "
	 "none in the table",
	 NULL, "frame 1 (", flipped_own_checksum},
	{"bad-flipped-block-lz4", "a bit of a block with a checksum", NULL,
	 "block", flipped_block_lz4},
	{"bad-flipped-head", "a bit of the table's magic number",
	 "do not agree", NULL, flipped_head},
	{"bad-table-size", "the table's head claims 4 GiB", "do not agree",
	 NULL, table_size_lies},
	{"bad-reserved-bits", "a reserved bit of the descriptor is set",
	 "reserved bits", NULL, reserved_bits},
	{"bad-too-many-frames", "the footer claims 2^27 - 1 frames",
	 "more frames than the file can hold", NULL, too_many_frames},
	{"bad-4-billion-frames", "the footer claims 2^32 - 1 frames",
	 "more frames than the file can hold", NULL, four_billion_frames},
	{"bad-packed-too-large", "an entry claims 4 GiB in the file",
	 "frame 1 is larger than 65 MiB", NULL, packed_too_large},
	{"bad-reaches-into-table", "the last frame reaches into the table",
	 "frame 3 reaches beyond", NULL, reaches_into_table},
	{"bad-sum-too-small", "a byte between the last frame and the table",
	 "do not add up", NULL, sum_too_small},
	{"bad-unpacked-too-large", "an entry claims 64 MiB + 1 unpacked",
	 "frame 1 is larger than 64 MiB", NULL, unpacked_too_large},
	{"bad-bytes-from-nothing",
	 "an entry with bytes, of no size in the "
	 "file",
	 "no place in the file", NULL, bytes_from_nothing},
	{"bad-unpacks-to-less", "an entry claims a byte too much", NULL,
	 "fewer bytes", unpacks_to_less},
	{"bad-unpacks-to-more", "an entry claims a byte too few", NULL,
	 "frame 1 (", unpacks_to_more},
	{"bad-bomb", "60 MiB of zeros in an entry of 4 KiB", NULL, "frame 0 (",
	 bomb},
	{"bad-swapped-checksums", "two entries have each other's checksum",
	 NULL, "its checksum does not match", swapped_frames},
	{"bad-two-in-one", "an entry that spans two frames", NULL,
	 "its size is not the one", two_in_one},
	{"bad-mixed", "a zstd frame, then an LZ4 frame", NULL,
	 "not a zstd frame", mixed},
	{"bad-skippable-with-bytes",
	 "a skippable frame whose entry claims "
	 "bytes",
	 NULL, "skippable frame", skippable_with_bytes},
	{"bad-first-garbage", "a bit of the first frame's magic number",
	 "neither a zstd nor an LZ4", NULL, first_is_garbage},
	{"bad-truncated-tail", "the last byte is missing",
	 "no seek table at its end: truncated", NULL, truncated_tail},
	{"bad-truncated-first", "it ends within the first frame",
	 "truncated within its first frame", NULL, truncated_first},
	{"bad-lost-head", "the first 5000 bytes are missing", "reaches beyond",
	 NULL, truncated_to_foot},
	{"unsupported-plain-zst", "one zstd frame, no table",
	 "a plain .zst, not a blob", NULL, plain_zst},
	{"unsupported-pzstd", "a skippable frame, then zstd frames, no table",
	 "repack it: zstd -dc unsupported-pzstd |", NULL, pzstd},
	{"unsupported-plain-lz4", "one LZ4 frame, no table",
	 "a plain .lz4, not a blob", NULL, plain_lz4},
	{"unsupported-gzip", "gzip",
	 "repack it: gzip -dc unsupported-gzip | uffdlazy-pack - -o "
	 "unsupported-gzip.ul.zst",
	 NULL, gzip},
	{"unsupported-dictionary", "a zstd frame that needs a dictionary",
	 "its frames need dictionary 42", NULL, dictionary},
	{"unsupported-dictionary-lz4", "the same with LZ4",
	 "its frames need dictionary 298", NULL, dictionary_lz4},
	{"unsupported-xz", "xz", "an .xz, not a blob", NULL, xz},
	{"unsupported-text", "text", "not a blob", NULL, text},
	{"unsupported-one-byte", "one byte", "not a blob", NULL, one_byte},
	{"unsupported-stub", "a stub", "this is a stub", NULL, stub},
};
const size_t n_blob_cases = sizeof(blob_cases) / sizeof(blob_cases[0]);
