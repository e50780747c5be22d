/* SPDX-License-Identifier: MIT */
/*
 * seekable_foreign.c - a file that is no blob: what is it, and which command
 * makes a blob of it?
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/store/seekable.h"
#include "preload/store/seekable_table.h"
#include "preload/store/stub.h"
#include "preload/store/text.h"

#define PROBE_BYTES ((size_t)1 << 20) /* that are looked at */

/* Which command unpacks what begins like this; NULL: no known one. */
static const char *unpack_command(const unsigned char *head, const char **kind)
{
	static const struct {
		const char *magic;
		size_t length;
		const char *kind;
		const char *command;
	} known[] = {
		{"\x28\xb5\x2f\xfd", 4, "a plain .zst", "zstd -dc "},
		{"\x04\x22\x4d\x18", 4, "a plain .lz4", "lz4 -dc "},
		{"\x02\x21\x4c\x18", 4, "an old .lz4", "lz4 -dc "},
		{"\x1f\x8b", 2, "a .gz", "gzip -dc "},
		{"\xfd"
		 "7zXZ",
		 6, "an .xz", "xz -dc "},
		{"BZh", 3, "a .bz2", "bzip2 -dc "},
		{"LZIP", 4, "a .lz", "lzip -dc "},
		{"\x5d\0\0", 3, "an .lzma", "xz -dc "},
		{"PK\3\4", 4, "a .zip", "unzip -p "},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (memcmp(head, known[i].magic, known[i].length) == 0) {
			*kind = known[i].kind;
			return known[i].command;
		}
	}
	return NULL;
}

/* Words for a shell: quoted where they need it. */
static void append_word(struct ul_text *text, const char *word,
			const char *ending)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+,:@%-";
	bool quote = word[strspn(word, plain)] != '\0' || word[0] == '-';

	if (quote)
		ul_text_append_char(text, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			ul_text_append_str(text, "'\\'");
		ul_text_append_char(text, *word);
	}
	ul_text_append_str(text, ending);
	if (quote)
		ul_text_append_char(text, '\'');
}

static int refuse_packed(struct ul_store_error *error, const char *label,
			  const char *what, const char *command)
{
	struct ul_text text;

	ul_table_refuse(error, 0, label, what);
	ul_text_resume(&text, error->text, sizeof(error->text));
	ul_text_append_str(&text, "; repack it: ");
	ul_text_append_str(&text, command);
	append_word(&text, label, "");
	ul_text_append_str(&text, " | uffdlazy-pack - -o ");
	append_word(&text, label, ".ul.zst");
	return -EBADMSG;
}

/* There is no seek table at the end of this file. What is it? */
static int explain_foreign(const char *label, uint64_t size,
			   const unsigned char *probe, size_t probed,
			   struct ul_store_error *error)
{
	unsigned char head[16] = {0};
	const char *kind, *command;
	char words[128];
	struct ul_text text;
	size_t first;

	/* pzstd's files begin with a skippable frame. */
	if (probed > 12 && ul_is_skippable(ul_get_u32(probe)) &&
	    ul_get_u32(probe + 4) < probed - 12) {
		first = 8 + ul_get_u32(probe + 4);
		probe += first;
		probed -= first;
		size -= first;
	}
	memcpy(head, probe, probed < sizeof(head) ? probed : sizeof(head));
	if (probed >= strlen(UL_STUB_MAGIC) &&
	    memcmp(probe, UL_STUB_MAGIC, strlen(UL_STUB_MAGIC)) == 0)
		return ul_table_refuse(error, -EBADMSG, label,
			      "this is a stub; the blob"
			      " is the file that its line \"blob:\" names");
	command = unpack_command(head, &kind);
	if (!command)
		return ul_table_refuse(error, -EBADMSG, label,
			      "not a blob: no frame at"
			      " its start, no seek table at its end");
	ul_text_init(&text, words, sizeof(words));
	if (ul_get_u32(head) == UL_ZSTD_MAGIC) {
		first = ul_zstd_frame_size(probe, probed);
		if (first == 0 && probed == size)
			return ul_table_refuse(error, -EBADMSG, label,
				      "truncated within"
				      " its first frame: copy it again");
		if (first != 0 && first < size) {
			ul_text_append_str(&text,
					   "no seek table at its end: "
					   "truncated, or not a blob (zstd -t "
					   "tells); if it is whole");
			return refuse_packed(error, label, words, command);
		}
	}
	ul_text_append_str(&text, kind);
	ul_text_append_str(&text, ", not a blob: it has no seek table");
	return refuse_packed(error, label, words, command);
}

int ul_table_refuse_foreign(int fd, const char *label, uint64_t size,
			    struct ul_store_error *error)
{
	size_t want = size < PROBE_BYTES ? (size_t)size : PROBE_BYTES;
	unsigned char *probe = mmap(NULL, PROBE_BYTES, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int code;

	if (probe == MAP_FAILED || ul_table_pread(fd, probe, want, 0) < 0)
		code = ul_table_refuse(error, -EBADMSG, label,
			      "not a blob: no seek table at its end");
	else
		code = explain_foreign(label, size, probe, want, error);
	if (probe != MAP_FAILED)
		munmap(probe, PROBE_BYTES);
	return code;
}
