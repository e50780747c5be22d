/* SPDX-License-Identifier: MIT */
/*
 * value.c - strings, numbers, sizes, times, patterns and paths
 */
#include "policy/reader.h"
#include "policy/glob.h"
#include "policy/harmless.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <jansson.h>

#define DAY_MS 86400000u

/* These end up in tables, logs and terminals, where a newline or an escape
 * sequence would tell lies. */
bool ul_value_has_control(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	int length;

	for (; *at; at += length) {
		length = ul_char_length(at);
		if (ul_is_control(at, length))
			return true;
	}
	return false;
}

static int get_string(struct ul_reader *reader, const struct ul_at *at,
		      const char *expected, const struct json_t *value,
		      const char **text)
{
	*text = json_string_value(value);
	if (!*text)
		return ul_complain_type(reader, at, expected, value);
	if (!**text)
		return ul_complain_value(reader, at,
					 "is empty; expected %s", expected);
	if (ul_value_has_control(*text))
		return ul_complain_value(reader, at,
			"has a control character; expected %s without",
			expected);
	return 0;
}

int ul_value_string(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, char **out)
{
	const char *text;
	int error = get_string(reader, at, "a string", value, &text);

	if (error)
		return error;
	free(*out);
	*out = ul_expand_copy(text, strlen(text));
	return *out ? 0 : ul_complain_memory(reader);
}

int ul_value_bool(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, bool *out)
{
	if (!json_is_boolean(value))
		return ul_complain_type(reader, at, "true or false", value);
	*out = json_is_true(value);
	return 0;
}

int ul_value_count(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, uint64_t least, uint64_t most,
		   uint64_t *out)
{
	json_int_t number;

	if (!json_is_integer(value))
		return ul_complain_type(reader, at, "a whole number", value);
	number = json_integer_value(value);
	if (number < 0 || (uint64_t)number < least || (uint64_t)number > most)
		return ul_complain_value(reader, at,
			"%lld is out of range; expected %llu to %llu",
			(long long)number, (unsigned long long)least,
			(unsigned long long)most);
	*out = number;
	return 0;
}

int ul_value_size(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, uint64_t *out)
{
	static const char expected[] =
		"a size such as \"64KiB\", \"1.5GiB\" or 4096";
	const char *text;
	int error;

	if (json_is_integer(value)) {
		if (json_integer_value(value) < 0)
			return ul_complain_value(reader, at,
				"%lld is negative; expected %s",
				(long long)json_integer_value(value), expected);
		*out = json_integer_value(value);
		return 0;
	}
	error = get_string(reader, at, expected, value, &text);
	if (error)
		return error;
	error = ul_size_parse(text, out);
	if (error == -ERANGE)
		return ul_complain_value(reader, at,
			"\"%s\" is out of range; expected less than 16EiB",
			text);
	if (error)
		return ul_complain_value(reader, at,
			"\"%s\" is no size; expected %s (units: B, KiB, MiB, "
			"GiB, TiB, PiB, EiB)", text, expected);
	return 0;
}

/*
 * A time is digits, maybe a point and digits, and a unit. No strtod(3): what
 * it takes for a decimal point is the locale's business, and the program may
 * have changed that.
 */
static bool parse_time(const char *text, uint32_t *milliseconds)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 },
	};
	uint64_t whole = 0, part = 0, scale = 1, total;
	const char *at = text;
	size_t i;

	for (; *at >= '0' && *at <= '9'; at++) {
		whole = whole * 10 + (*at - '0');
		if (whole > DAY_MS)
			return false;
	}
	if (at == text)
		return false;
	if (*at == '.') {
		for (at++; *at >= '0' && *at <= '9'; at++) {
			if (scale > DAY_MS)
				return false;
			part = part * 10 + (*at - '0');
			scale *= 10;
		}
		if (scale == 1)
			return false;
	}
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(at, units[i].name))
			continue;
		total = whole * units[i].ms + part * units[i].ms / scale;
		*milliseconds = total;
		return total <= DAY_MS && part * units[i].ms % scale == 0;
	}
	return false;
}

int ul_value_time(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, uint32_t *milliseconds)
{
	static const char expected[] =
		"a time such as \"500ms\", \"5s\", \"2min\", \"1h\", or a "
		"number of milliseconds, 24 hours at the most";
	const char *text;
	json_int_t number;
	int error;

	if (json_is_integer(value)) {
		number = json_integer_value(value);
		if (number < 0 || number > DAY_MS)
			return ul_complain_value(reader, at,
				"%lld is out of range; expected %s",
				(long long)number, expected);
		*milliseconds = number;
		return 0;
	}
	error = get_string(reader, at, expected, value, &text);
	if (error)
		return error;
	if (!parse_time(text, milliseconds))
		return ul_complain_value(reader, at,
					 "\"%s\" is no time; expected %s",
					 text, expected);
	return 0;
}

int ul_value_glob(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, char **out)
{
	const char *text, *mistake;
	int error = get_string(reader, at, "a pattern", value, &text);

	if (error)
		return error;
	mistake = ul_glob_mistake(text);
	if (mistake)
		return ul_complain_value(reader, at,
					 "\"%s\" is no pattern: %s", text,
					 mistake);
	return ul_value_string(reader, at, value, out);
}

int ul_value_expand(struct ul_reader *reader, const struct ul_at *at,
		    const char *text, bool pattern, char **full)
{
	char name[128];
	int error;

	*full = NULL;
	error = ul_expand_variables(text, pattern, full, name, sizeof(name));

	if (error == -ENOMEM)
		return ul_complain_memory(reader);
	if (error == -ENOENT)
		return ul_complain_value(reader, at,
			"the environment has no variable %s; set it, or write "
			"$$ for a dollar sign itself", name);
	if (error)
		return ul_complain_value(reader, at,
			"'$' in \"%s\" begins neither ${VAR} nor $$; write $$ "
			"for a dollar sign itself", text);
	if (!ul_value_has_control(*full))
		return 0;
	free(*full);
	*full = NULL;
	return ul_complain_value(reader, at,
				 "\"%s\" has a control character once expanded; "
				 "expected %s without",
				 text, pattern ? "a pattern" : "a path");
}

int ul_value_path(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, char **out)
{
	const char *text;
	char *full;
	int error = get_string(reader, at, "a path", value, &text);

	if (error)
		return error;
	error = ul_value_expand(reader, at, text, false, &full);
	if (error)
		return error;
	if (!*full)
		error = ul_complain_value(reader, at,
			"\"%s\" is empty once expanded; expected a path",
			text);
	else if (*full != '/' && !reader->folder)
		error = ul_complain_value(reader, at,
			"\"%s\" is relative, and the current folder is gone; "
			"expected an absolute path", full);
	if (!error) {
		free(*out);
		*out = ul_expand_absolute(reader->folder ? reader->folder : "",
					  full);
		if (!*out)
			error = ul_complain_memory(reader);
		else if (strlen(*out) >= PATH_MAX)
			error = ul_complain_value(reader, at,
				"the path has %zu bytes; expected less than "
				"%d", strlen(*out), PATH_MAX);
	}
	free(full);
	return error;
}

int ul_value_word(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, const char *const *words,
		  size_t *which)
{
	struct ul_suggest suggest;
	char list[256] = "";
	const char *text, *meant, *of = words[1] ? "one of " : "";
	size_t i;

	for (i = 0; words[i]; i++)
		ul_suggest_append(list, sizeof(list), words[i]);
	if (!json_is_string(value))
		return ul_complain_value(reader, at,
					 "expected %s%s as a string", of, list);
	text = json_string_value(value);
	ul_suggest_start(&suggest, text);
	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*which = i;
			return 0;
		}
		ul_suggest_offer(&suggest, words[i]);
	}
	meant = ul_suggest_answer(&suggest);
	if (meant)
		return ul_complain_value(reader, at,
			"\"%s\" is not known here; did you mean \"%s\"? "
			"Expected %s%s", text, meant, of, list);
	return ul_complain_value(reader, at,
				 "\"%s\" is not known here; expected %s%s",
				 text, of, list);
}
