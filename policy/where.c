/* SPDX-License-Identifier: MIT */
/*
 * where.c - from a key back to its line and column
 *
 * The text is valid JSON: jansson has read it. So skipping a value needs no
 * grammar: a string ends at the next quote that no backslash guards, an object
 * or list where its brackets balance, anything else before a delimiter. Every
 * step is bounded by end all the same, for a mistake here must not read past
 * the text.
 */
#include "policy/reader.h"

#include <stdio.h>
#include <string.h>

struct cursor {
	const char *at;
	const char *end;
};

static void skip_space(struct cursor *cursor)
{
	while (cursor->at < cursor->end && *cursor->at &&
	       strchr(" \t\r\n", *cursor->at))
		cursor->at++;
}

/* The cursor is on the opening quote; afterwards behind the closing one. */
static void skip_string(struct cursor *cursor)
{
	cursor->at++;
	while (cursor->at < cursor->end && *cursor->at != '"') {
		if (*cursor->at == '\\')
			cursor->at++;
		cursor->at++;
	}
	cursor->at++;
	if (cursor->at > cursor->end)
		cursor->at = cursor->end;
}

static void skip_value(struct cursor *cursor)
{
	size_t depth = 0;

	do {
		if (cursor->at >= cursor->end)
			return;
		if (*cursor->at == '"') {
			skip_string(cursor);
			continue;
		}
		if (*cursor->at == '{' || *cursor->at == '[')
			depth++;
		else if (*cursor->at == '}' || *cursor->at == ']')
			depth--;
		else if (!depth) {
			/* A number or a word: up to what ends it. */
			while (cursor->at < cursor->end && *cursor->at &&
			       !strchr(",]} \t\r\n", *cursor->at))
				cursor->at++;
			return;
		}
		cursor->at++;
	} while (depth);
}

static unsigned int hex4(const char *digits)
{
	unsigned int value = 0;
	int i;

	for (i = 0; i < 4; i++) {
		char c = digits[i];

		value = value * 16 + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return value;
}

static size_t put_utf8(unsigned int c, char *out)
{
	if (c < 0x80) {
		out[0] = c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = 0xc0 | c >> 6;
		out[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		out[0] = 0xe0 | c >> 12;
		out[1] = 0x80 | (c >> 6 & 0x3f);
		out[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	out[0] = 0xf0 | c >> 18;
	out[1] = 0x80 | (c >> 12 & 0x3f);
	out[2] = 0x80 | (c >> 6 & 0x3f);
	out[3] = 0x80 | (c & 0x3f);
	return 4;
}

/* One character of a string, its escape undone. Returns its bytes in out. */
static size_t next_char(struct cursor *cursor, char out[4])
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	unsigned int c, low;
	const char *which;

	if (*cursor->at != '\\' || cursor->end - cursor->at < 2) {
		out[0] = *cursor->at++;
		return 1;
	}
	cursor->at++;
	if (*cursor->at != 'u' || cursor->end - cursor->at < 5) {
		which = *cursor->at ? strchr(from, *cursor->at) : NULL;
		out[0] = which ? to[which - from] : *cursor->at;
		cursor->at++;
		return 1;
	}
	c = hex4(cursor->at + 1);
	cursor->at += 5;
	if (c >= 0xd800 && c < 0xdc00 && cursor->end - cursor->at >= 6) {
		low = hex4(cursor->at + 2);
		cursor->at += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	return put_utf8(c & 0x1fffff, out);
}

/* Is the string at the cursor this key? Leaves the cursor behind it. */
static bool string_is(struct cursor *cursor, const char *key)
{
	struct cursor inside = { cursor->at + 1, cursor->end };
	size_t left = strlen(key), n;
	bool same = true;
	char bytes[4];

	skip_string(cursor);
	while (same && inside.at < cursor->at - 1) {
		n = next_char(&inside, bytes);
		same = n <= left && !memcmp(key, bytes, n);
		if (same) {
			key += n;
			left -= n;
		}
	}
	return same && !left;
}

/*
 * Go from a container to one of its members. On return the cursor is at the
 * member's value and *key at its key. Returns false, with the cursor where it
 * was, when there is no such member.
 */
static bool enter(struct cursor *cursor, const struct ul_at *at,
		  const char **key)
{
	struct cursor look = *cursor;
	char open = at->key ? '{' : '[';
	size_t index = 0;
	bool found;

	if (look.at >= look.end || *look.at != open)
		return false;
	do {
		look.at++;
		skip_space(&look);
		if (look.at >= look.end || *look.at == '}' || *look.at == ']')
			return false;
		*key = look.at;
		found = at->key ? string_is(&look, at->key) :
				  index++ == at->index;
		if (at->key) {
			skip_space(&look);
			look.at++;	/* the colon */
			skip_space(&look);
		}
		if (found) {
			*cursor = look;
			return true;
		}
		skip_value(&look);
		skip_space(&look);
	} while (look.at < look.end && *look.at == ',');
	return false;
}

/* Walk down from the root: the chain knows only the way up. */
static bool descend(struct cursor *cursor, const struct ul_at *at,
		    const char **key)
{
	if (!at->up) {
		skip_space(cursor);
		*key = cursor->at;
		return true;
	}
	return descend(cursor, at->up, key) && enter(cursor, at, key);
}

/* A key that is not there is found where it is missing: at the innermost
 * object on the way to it. */
size_t ul_where_find(const char *text, size_t length, const struct ul_at *at,
		     bool key)
{
	struct cursor cursor = { text, text + length };
	const char *start = text;

	if (descend(&cursor, at, &start))
		return (key ? start : cursor.at) - text;
	return cursor.at - text;
}

void ul_where_line(const char *text, size_t length, size_t offset,
		   unsigned int *line, unsigned int *column)
{
	size_t i;

	*line = 1;
	*column = 1;
	for (i = 0; i < offset && i < length; i++) {
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		} else if ((text[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static bool is_plain(const char *key)
{
	return *key && !key[strspn(key, "abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_-")];
}

void ul_where_path(const struct ul_at *at, char *path, size_t size)
{
	size_t used;

	if (!at->up) {
		*path = '\0';
		return;
	}
	ul_where_path(at->up, path, size);
	used = strlen(path);
	path += used;
	size -= used;
	if (!at->key)
		snprintf(path, size, "[%zu]", at->index);
	else if (is_plain(at->key))
		snprintf(path, size, "%s%s", used ? "." : "", at->key);
	else
		snprintf(path, size, "[\"%s\"]", at->key);
}
