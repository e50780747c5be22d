/* SPDX-License-Identifier: MIT */
/*
 * seekable_table.c - read and check a blob's seek table
 *
 * The file is untrusted. Its true size is the only number believed; the
 * number of frames must fit it before memory for them is mapped, and the
 * sizes must add up to it.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/checksum.h"
#include "preload/store/seekable.h"
#include "preload/store/seekable_table.h"
#include "preload/store/text.h"

#define POPULATED ((size_t)8 << 20)	/* a table's memory, at most */

int ul_table_refuse(struct ul_store_error *error, int code, const char *label,
		    const char *what)
{
	struct ul_text text;

	ul_text_init(&text, error->text, sizeof(error->text));
	ul_text_append_str(&text, label);
	ul_text_append_str(&text, ": ");
	ul_text_append_str(&text, what);
	return code;
}

static int refuse_frame(struct ul_store_error *error, const char *label,
			uint32_t frame, const char *what)
{
	struct ul_text text;

	ul_text_init(&text, error->text, sizeof(error->text));
	ul_text_append_str(&text, label);
	ul_text_append_str(&text, ": damaged seek table: frame ");
	ul_text_append_u64(&text, frame);
	ul_text_append_char(&text, ' ');
	ul_text_append_str(&text, what);
	return -EBADMSG;
}

int ul_table_pread(int fd, void *dst, size_t length, uint64_t at)
{
	unsigned char *to = dst;
	ssize_t n;

	while (length > 0) {
		n = pread(fd, to, length, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		to += n;
		at += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

/* Fill in one frame's place from its entry, and check that it can be. */
static const char *add_frame(struct ul_table *table, uint32_t i,
			     const unsigned char *entry, uint64_t table_at)
{
	struct ul_frame *frame = &table->frames[i];
	uint32_t packed = ul_get_u32(entry), unpacked = ul_get_u32(entry + 4);

	if (unpacked > UL_FRAME_MAX)
		return "is larger than 64 MiB unpacked: repack with smaller "
		       "frames";
	if (packed > UL_PACKED_MAX)
		return "is larger than 65 MiB";
	if (packed > table_at - frame->at)
		return "reaches beyond the frames' end";
	if (packed == 0 && unpacked != 0)
		return "has bytes, and no place in the file";
	/* The smallest frame, a skippable one. So what the table takes in
	 * memory is never much more than what the file takes on a disk. */
	if (packed < UL_TABLE_HEAD)
		return "is smaller than any frame";
	frame->packed = packed;
	frame->checksum = table->checksums ? ul_get_u32(entry + 8) : 0;
	frame[1].at = frame->at + packed;
	/* At most 2^27 frames of 2^26 bytes: this cannot overflow. */
	frame[1].start = frame->start + unpacked;
	if (table->frame_size == 0)
		table->frame_size = unpacked;
	if (unpacked > table->frame_max)
		table->frame_max = unpacked;
	if (packed > table->packed_max)
		table->packed_max = packed;
	return NULL;
}

#define PIECE 1024			/* entries; on the stack */

static int read_entries(int fd, const char *label, struct ul_table *table,
			uint64_t table_at, struct ul_checksum *sum,
			struct ul_store_error *error)
{
	const size_t entry = table->checksums ? 12 : 8;
	unsigned char piece[12 * PIECE];
	const char *why;
	uint32_t i = 0, n;
	int code;

	while (i < table->n_frames) {
		n = table->n_frames - i < PIECE ? table->n_frames - i : PIECE;
		code = ul_table_pread(fd, piece, n * entry,
				table_at + UL_TABLE_HEAD + i * entry);
		if (code < 0)
			return ul_table_refuse(error, code, label,
				      "cannot read its seek table");
		ul_checksum_add(sum, piece, n * entry);
		for (uint32_t k = 0; k < n; k++, i++) {
			why = add_frame(table, i, piece + k * entry, table_at);
			if (why)
				return refuse_frame(error, label, i, why);
		}
	}
	if (table->frames[i].at != table_at)
		return ul_table_refuse(error, -EBADMSG, label,
			      "damaged seek table: its "
			      "sizes do not add up to the file's");
	table->length = table->frames[i].start;
	return 0;
}

/* Its bytes could be opened, and never be read. */
static int refuse_dictionary(struct ul_store_error *error, const char *label,
			     uint32_t id)
{
	struct ul_text text;

	ul_table_refuse(error, 0, label, "its frames need dictionary ");
	ul_text_resume(&text, error->text, sizeof(error->text));
	ul_text_append_u64(&text, id);
	ul_text_append_str(&text, ", and dictionaries are not supported: "
				  "repack it without");
	return -EBADMSG;
}

/* zstd or LZ4? The first frame that has bytes says it. */
static int read_codec(int fd, const char *label, struct ul_table *table,
		      struct ul_store_error *error)
{
	unsigned char head[UL_FRAME_HEAD];
	size_t length = sizeof(head);
	uint32_t i = 0, magic, id;

	table->codec = UL_CODEC_ZSTD;
	if (table->length != 0)
		i = ul_table_find(table, 0);
	if (table->n_frames == 0 || table->frames[i].packed < sizeof(magic))
		return table->length == 0
			       ? 0
			       : refuse_frame(error, label, i, "is too small");
	if (length > table->frames[i].packed)
		length = table->frames[i].packed;
	if (ul_table_pread(fd, head, length, table->frames[i].at) < 0)
		return ul_table_refuse(error, -EIO, label,
			      "cannot read its first frame");
	magic = ul_get_u32(head);
	if (magic == UL_LZ4_MAGIC)
		table->codec = UL_CODEC_LZ4;
	else if (magic != UL_ZSTD_MAGIC && table->length != 0)
		return ul_table_refuse(error, -EBADMSG, label,
			      "damaged: its first frame"
			      " is neither a zstd nor an LZ4 frame");
	id = table->length ? ul_frame_dictionary(head, length) : 0;
	return id ? refuse_dictionary(error, label, id) : 0;
}

static int check_head(int fd, const char *label, const struct ul_table *table,
		      uint64_t table_at, struct ul_checksum *sum,
		      struct ul_store_error *error)
{
	unsigned char head[UL_TABLE_HEAD];
	int code = ul_table_pread(fd, head, sizeof(head), table_at);

	if (code < 0)
		return ul_table_refuse(error, code, label, "cannot read its seek table");
	if (ul_get_u32(head) != UL_TABLE_MAGIC ||
	    ul_get_u32(head + 4) != table->file_size - table_at - UL_TABLE_HEAD)
		return ul_table_refuse(error, -EBADMSG, label,
			      "damaged seek table: its "
			      "head and its foot do not agree");
	ul_checksum_add(sum, head, sizeof(head));
	return 0;
}

/* If there is a seal before the table, the table must be the one sealed. */
static int check_seal(int fd, const char *label, struct ul_table *table,
		      uint64_t table_at, struct ul_store_error *error)
{
	unsigned char seal[UL_SEAL_SIZE];

	if (table_at < UL_SEAL_SIZE)
		return 0;
	if (ul_table_pread(fd, seal, sizeof(seal), table_at - UL_SEAL_SIZE) < 0)
		return ul_table_refuse(error, -EIO, label, "cannot be read");
	if (ul_get_u32(seal) != UL_SEAL_MAGIC ||
	    ul_get_u32(seal + 4) != UL_SEAL_SIZE - 8 ||
	    memcmp(seal + 8, UL_SEAL_TAG, 8) != 0)
		return 0;
	table->sealed = true;
	if (ul_get_u64(seal + 16) != table->checksum)
		return ul_table_refuse(error, -EBADMSG, label,
			      "damaged seek table: its "
			      "checksum does not match its seal's");
	return 0;
}

/* The footer: how many frames, and what their entries have. */
static int read_foot(int fd, const char *label, struct ul_table *table,
		     unsigned char foot[UL_TABLE_FOOT], uint64_t *table_at,
		     struct ul_store_error *error)
{
	uint64_t size;
	int code;

	if (table->file_size == 0)
		return ul_table_refuse(error, -EBADMSG, label,
			      "the file is empty; a "
			      "blob has at least a seek table");
	if (table->file_size < UL_TABLE_HEAD + UL_TABLE_FOOT)
		return ul_table_refuse_foreign(fd, label, table->file_size, error);
	code = ul_table_pread(fd, foot, UL_TABLE_FOOT,
			table->file_size - UL_TABLE_FOOT);
	if (code < 0)
		return ul_table_refuse(error, code, label, "cannot be read");
	if (ul_get_u32(foot + 5) != UL_FOOTER_MAGIC)
		return ul_table_refuse_foreign(fd, label, table->file_size, error);
	if (foot[4] & UL_TABLE_RESERVED)
		return ul_table_refuse(error, -EBADMSG, label,
			      "damaged seek table, or "
			      "one newer than this program: reserved bits are "
			      "set in its descriptor");
	table->checksums = foot[4] & UL_TABLE_CHECKSUMS;
	table->n_frames = ul_get_u32(foot);
	size = (uint64_t)table->n_frames * (table->checksums ? 12 : 8) +
	       UL_TABLE_HEAD + UL_TABLE_FOOT;
	if (table->n_frames > UL_FRAMES_MAX || size > table->file_size)
		return ul_table_refuse(error, -EBADMSG, label,
			      "damaged seek table: it "
			      "claims more frames than the file can hold");
	*table_at = table->file_size - size;
	return 0;
}

int ul_table_read(int fd, const char *label, struct ul_table *table,
		  struct ul_store_error *error)
{
	unsigned char foot[UL_TABLE_FOOT];
	struct ul_checksum sum;
	uint64_t table_at = 0;
	struct stat st;
	int code;

	memset(table, 0, sizeof(*table));
	if (fstat(fd, &st) < 0)
		return ul_table_refuse(error, -errno, label, "cannot be examined");
	table->file_size = (uint64_t)st.st_size;
	code = read_foot(fd, label, table, foot, &table_at, error);
	if (code < 0)
		return code;
	ul_checksum_start(&sum);
	code = check_head(fd, label, table, table_at, &sum, error);
	if (code < 0)
		return code;
	table->frames_bytes =
		((size_t)table->n_frames + 1) * sizeof(table->frames[0]);
	/* All of it is written, if the first entries are well. */
	table->frames = mmap(NULL, table->frames_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS |
				     (table->frames_bytes <= POPULATED ?
					      MAP_POPULATE : 0),
			     -1, 0);
	if (table->frames == MAP_FAILED) {
		table->frames = NULL;
		return ul_table_refuse(error, -ENOMEM, label,
			      "no memory for its seek table");
	}
	code = read_entries(fd, label, table, table_at, &sum, error);
	ul_checksum_add(&sum, foot, sizeof(foot));
	table->checksum = ul_checksum_end(&sum);
	if (code == 0)
		code = check_seal(fd, label, table, table_at, error);
	if (code == 0)
		code = read_codec(fd, label, table, error);
	if (code < 0)
		ul_table_free(table);
	return code;
}

void ul_table_free(struct ul_table *table)
{
	if (table->frames)
		munmap(table->frames, table->frames_bytes);
	table->frames = NULL;
}
