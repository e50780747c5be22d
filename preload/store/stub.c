/* SPDX-License-Identifier: MIT */
/*
 * stub.c - the text of a stub, and finding one
 *
 * The text is for people first: what this file is, and the command that
 * brings the original back, stand in the first lines; so `head` shows them.
 * It is padded with newlines, for a hole that follows the text directly would
 * be one line of gigabytes. A name may hold any byte but NUL and '/', so what
 * would break a line, or a terminal, is written as \xHH, and a backslash too.
 * sh(1) that is given a stub as its script ends at the first line, whose
 * parenthesis is a mistake to it: it must not come to a name with "$(...)".
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/stub.h"
#include "preload/store/text.h"

/* Bytes of the UTF-8 character at s; 0: it is not one. */
static int utf8_length(const unsigned char *s)
{
	int n = s[0] < 0x80   ? 1
		: s[0] < 0xc2 ? 0
		: s[0] < 0xe0 ? 2
		: s[0] < 0xf0 ? 3
		: s[0] < 0xf5 ? 4
			      : 0;

	for (int i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ||
	    (s[0] == 0xc2 && s[1] < 0xa0)) /* C1 controls */
		return 0;
	return n;
}

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* \xHH; or \OOO, which every shell's printf and $'...' know. */
static void append_byte(struct ul_text *text, unsigned char c, bool for_shell)
{
	if (for_shell) {
		ul_text_append_char(text, '\\');
		ul_text_append_char(text, (char)('0' + (c >> 6)));
		ul_text_append_char(text, (char)('0' + (c >> 3 & 7)));
		ul_text_append_char(text, (char)('0' + (c & 7)));
		return;
	}
	ul_text_append_str(text, "\\x");
	ul_text_append_hex(text, c, 2);
}

/* Append a name with everything escaped that is not text; for_shell: for use
 * within a printf's '...', so the single quote and the percent sign too. */
static void append_escaped(struct ul_text *text, const char *name,
			   bool for_shell)
{
	const unsigned char *s = (const unsigned char *)name;
	int n;

	while (*s) {
		n = utf8_length(s);
		if (n == 0 || is_control(*s) || *s == '\\' ||
		    (for_shell && (*s == '\'' || *s == '%'))) {
			append_byte(text, *s++, for_shell);
			continue;
		}
		while (n-- > 0)
			ul_text_append_char(text, (char)*s++);
	}
}

/* '...', and '\'' for a quote. */
static void append_quoted(struct ul_text *text, const char *name)
{
	ul_text_append_char(text, '\'');
	if (name[0] == '-')
		ul_text_append_str(text, "./");
	for (; *name; name++) {
		if (*name == '\'')
			ul_text_append_str(text, "'\\'");
		ul_text_append_char(text, *name);
	}
	ul_text_append_char(text, '\'');
}

/* Append a name as one word of a shell command. What is not text is printf's to
 * write, for not every shell has $'...'. But "$(...)" has no newline at its end. */
static void append_word(struct ul_text *text, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+,:@%-";
	const unsigned char *s = (const unsigned char *)name;
	bool odd = false, at_end;
	int n;

	if (name[0] && name[0] != '-' && name[strspn(name, plain)] == '\0') {
		ul_text_append_str(text, name);
		return;
	}
	for (; *s && !odd; s += n ? n : 1) {
		n = utf8_length(s);
		odd = n == 0 || is_control(*s);
	}
	if (!odd) {
		append_quoted(text, name);
		return;
	}
	at_end = name[strlen(name) - 1] == '\n';
	ul_text_append_str(text, at_end ? "$'" : "\"$(printf '");
	if (name[0] == '-')
		ul_text_append_str(text, "./");
	append_escaped(text, name, true);
	ul_text_append_str(text, at_end ? "'" : "')\"");
}

void ul_stub_append_command(struct ul_text *text, const char *blob,
			    const char *name)
{
	ul_text_append_str(text, "uffdlazy-pack --unpack ");
	append_word(text, blob);
	ul_text_append_str(text, " -o ");
	append_word(text, name);
}

int ul_stub_format(const struct ul_stub *stub, const char *name,
		   char header[UL_STUB_HEADER])
{
	struct ul_text text;

	/* One byte more than fits tells that it did not fit. */
	ul_text_init(&text, header, UL_STUB_HEADER);
	ul_text_append_str(&text, UL_STUB_MAGIC
			   "\nPrograms that uffdlazy-run(1) has started do not "
			   "see this text, but what was in\n\"");
	append_escaped(&text, name, false);
	ul_text_append_str(&text, "\": its ");
	ul_text_append_u64(&text, stub->size);
	ul_text_append_str(&text,
			   " bytes are kept compressed, in the blob\n"
			   "named below. To bring them back:\n\n    ");
	ul_stub_append_command(&text, stub->blob, name);
	ul_text_append_str(&text, "\n\nblob: ");
	append_escaped(&text, stub->blob, false);
	ul_text_append_str(&text, "\nsize: ");
	ul_text_append_u64(&text, stub->size);
	ul_text_append_str(&text, "\nblob-size: ");
	ul_text_append_u64(&text, stub->blob_size);
	ul_text_append_str(&text, "\ntable-checksum: ");
	ul_text_append_hex(&text, stub->table_checksum, 16);
	ul_text_append_str(&text, "\n");
	if (text.used >= UL_STUB_HEADER - 1)
		return -ENAMETOOLONG;
	memset(header + text.used, '\n', UL_STUB_HEADER - text.used);
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

static bool parse_name(const char *value, size_t length, char *name)
{
	size_t used = 0;
	int c;

	for (size_t i = 0; i < length; i++) {
		c = (unsigned char)value[i];
		if (c == '\\') {
			if (length - i < 4 || value[i + 1] != 'x' ||
			    hex_digit(value[i + 2]) < 0 ||
			    hex_digit(value[i + 3]) < 0)
				return false;
			c = hex_digit(value[i + 2]) << 4 |
			    hex_digit(value[i + 3]);
			i += 3;
		} else if (is_control((unsigned char)c)) {
			return false;
		}
		if (c == 0 || used + 1 >= PATH_MAX)
			return false;
		name[used++] = (char)c;
	}
	name[used] = '\0';
	return used > 0;
}

static bool parse_number(const char *value, size_t length, uint64_t *number)
{
	*number = 0;
	if (length == 0 || length > 18)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (value[i] < '0' || value[i] > '9')
			return false;
		*number = *number * 10 + (uint64_t)(value[i] - '0');
	}
	return true;
}

static bool parse_checksum(const char *value, size_t length, uint64_t *sum)
{
	*sum = 0;
	if (length != 16)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (hex_digit(value[i]) < 0)
			return false;
		*sum = *sum << 4 | (uint64_t)hex_digit(value[i]);
	}
	return true;
}

/* One line of the text. Returns false if it is a key's, and wrong. */
static bool parse_line(const char *line, size_t length, struct ul_stub *stub,
		       unsigned int *seen)
{
	static const char *const keys[] = {
		"blob: ", "size: ", "blob-size: ", "table-checksum: "};
	const char *value;
	size_t n = 0;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		n = strlen(keys[i]);
		if (length >= n && memcmp(line, keys[i], n) == 0)
			break;
	}
	if (i == 4)
		return true;
	if (*seen & 1U << i)
		return false;
	*seen |= 1U << i;
	value = line + n;
	n = length - n;
	return i == 0	? parse_name(value, n, stub->blob)
	       : i == 1 ? parse_number(value, n, &stub->size)
	       : i == 2 ? parse_number(value, n, &stub->blob_size)
			: parse_checksum(value, n, &stub->table_checksum);
}

int ul_stub_parse(const char header[UL_STUB_HEADER], struct ul_stub *stub)
{
	const char *line = header + strlen(UL_STUB_MAGIC);
	const char *end = header + UL_STUB_HEADER, *next;
	unsigned int seen = 0;

	if (memcmp(header, UL_STUB_MAGIC, strlen(UL_STUB_MAGIC)) != 0)
		return -ENODATA;
	for (; line < end; line = next + 1) {
		next = line;
		if (*line == '\n')	/* of the padding, mostly */
			continue;
		next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			return -EBADMSG;
		if (!parse_line(line, (size_t)(next - line), stub, &seen))
			return -EBADMSG;
	}
	return seen == 15 && stub->size >= UL_STUB_HEADER ? 0 : -EBADMSG;
}

int ul_stub_probe(int fd, struct ul_stub *stub)
{
	/* Aligned, for a descriptor may be O_DIRECT. */
	_Alignas(4096) char header[UL_STUB_HEADER];
	struct stat st;
	int saved = errno, code = -ENODATA;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size >= (off_t)UL_STUB_HEADER &&
	    pread(fd, header, sizeof(header), 0) == (ssize_t)sizeof(header))
		code = ul_stub_parse(header, stub);
	if (code == 0 && stub->size != (uint64_t)st.st_size)
		code = -EBADMSG;
	errno = saved;
	return code;
}
