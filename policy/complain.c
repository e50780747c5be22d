/* SPDX-License-Identifier: MIT */
/*
 * complain.c - one line that says where, what, and what was expected
 *
 * What is quoted comes from a file that anyone may have written, and goes to
 * somebody's terminal: see harmless.h.
 */
#include "policy/harmless.h"
#include "policy/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

/* A message cut by its buffer must not end in half a character. */
static void drop_half_char(char *message, size_t size)
{
	size_t end = strlen(message);
	size_t lead = end;

	if (end + 1 < size)
		return;
	while (lead && (message[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead && (message[lead - 1] & 0xc0) == 0xc0)
		message[lead - 1] = '\0';
}

static void append(char *message, size_t size, const char *format, va_list args)
{
	size_t used = strlen(message);

	vsnprintf(message + used, size - used, format, args);
	drop_half_char(message, size);
	ul_make_harmless(message);
}

__attribute__((format(printf, 3, 0)))
static int complain(struct ul_reader *reader, size_t offset,
		    const char *format, const struct ul_at *at, va_list args)
{
	unsigned int line, column;
	char path[256] = "";

	if (!reader->message_size)
		return -EINVAL;
	ul_where_line(reader->text, reader->length, offset, &line, &column);
	if (at)
		ul_where_path(at, path, sizeof(path));
	snprintf(reader->message, reader->message_size, "%s:%u:%u: %s%s",
		 reader->source, line, column, path, *path ? ": " : "");
	append(reader->message, reader->message_size, format, args);
	return -EINVAL;
}

int ul_complain_value(struct ul_reader *reader, const struct ul_at *at,
		      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(reader,
		 ul_where_find(reader->text, reader->length, at, false),
		 format, at, args);
	va_end(args);
	return -EINVAL;
}

int ul_complain_key(struct ul_reader *reader, const struct ul_at *at,
		    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(reader, ul_where_find(reader->text, reader->length, at, true),
		 format, at, args);
	va_end(args);
	return -EINVAL;
}

int ul_complain_type(struct ul_reader *reader, const struct ul_at *at,
		     const char *expected, const struct json_t *value)
{
	static const char *const kinds[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "a list",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number with a fraction or an exponent",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return ul_complain_value(reader, at, "expected %s, got %s", expected,
				 kinds[json_typeof(value)]);
}

int ul_complain_offset(struct ul_reader *reader, size_t offset,
		       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(reader, offset, format, NULL, args);
	va_end(args);
	return -EINVAL;
}

int ul_complain_memory(struct ul_reader *reader)
{
	return ul_complain_plain(reader->message, reader->message_size,
				 -ENOMEM, "%s: not enough memory to read it",
				 reader->source);
}

int ul_complain_plain(char *message, size_t size, int error,
		      const char *format, ...)
{
	va_list args;

	if (!size)
		return error;
	*message = '\0';
	va_start(args, format);
	append(message, size, format, args);
	va_end(args);
	return error;
}
