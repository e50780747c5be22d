/* SPDX-License-Identifier: MIT */
#include "policy/glob.h"

#include <stddef.h>
#include <string.h>

/* Behind the character at text: UTF-8, but any bytes are somehow matched. */
static const char *next(const char *text)
{
	text++;
	while ((*text & 0xc0) == 0x80)
		text++;
	return text;
}

/*
 * Match one character against a set; *pattern is behind the '[' and ends up
 * behind the ']'. A ']' that stands first is meant itself. A pattern that was
 * checked has its ']'; one that was not must not run off the end.
 */
static bool in_set(const char **pattern, char c)
{
	const unsigned char *at = (const unsigned char *)*pattern;
	unsigned char byte = c, from;
	bool negated = *at == '!' || *at == '^';
	bool found = false, first = true;

	at += negated;
	while (*at && (first || *at != ']')) {
		first = false;
		if (*at == '\\' && at[1])
			at++;
		from = *at++;
		if (*at == '-' && at[1] && at[1] != ']') {
			at++;
			if (*at == '\\' && at[1])
				at++;
			found |= from <= byte && byte <= *at;
			at++;
		} else {
			found |= from == byte;
		}
	}
	*pattern = (const char *)at + (*at == ']');
	return found != negated;
}

/* One step without stars. NULL: it does not fit. */
static const char *step(const char **pattern, const char *text, bool path)
{
	const char *at = *pattern;
	bool fits;

	if (!*text)
		return NULL;
	if (*at == '?' || *at == '[') {
		if (path && *text == '/')
			return NULL;
		at++;
		fits = at[-1] == '?' || in_set(&at, *text);
		*pattern = at;
		return fits ? next(text) : NULL;
	}
	if (*at == '\\' && at[1])
		at++;
	if (*at != *text)
		return NULL;
	*pattern = at + 1;
	return text + 1;
}

/*
 * The places to come back to when the rest does not fit: the last '*' takes
 * one more character; where it may not, for a '/', the last '**' does. An
 * earlier star need not be tried again: what it could take more, the later
 * one takes as well.
 */
struct retry {
	const char *pattern;		/* behind the star; NULL: none */
	const char *text;
	bool folders;			/* a "**" and '/': whole folders only */
};

static bool again(struct retry *retry, bool path, const char **pattern,
		  const char **text)
{
	if (!retry->pattern || !*retry->text || (path && *retry->text == '/'))
		return false;
	retry->text++;
	*pattern = retry->pattern;
	*text = retry->text;
	return true;
}

static bool again_deep(struct retry *retry, const char **pattern,
		       const char **text)
{
	if (retry->pattern && retry->folders) {
		retry->text = strchr(retry->text, '/');
		if (!retry->text) {
			retry->pattern = NULL;
			return false;
		}
	}
	return again(retry, false, pattern, text);
}

static bool match(const char *pattern, const char *text, bool path)
{
	struct retry shallow = { NULL, NULL, false };
	struct retry deep = { NULL, NULL, false };
	const char *start = pattern, *after;

	for (;;) {
		if (path && pattern[0] == '*' && pattern[1] == '*') {
			deep.folders = (pattern == start ||
					pattern[-1] == '/') &&
				       pattern[2] == '/';
			pattern += deep.folders ? 3 : 2;
			deep.pattern = pattern;
			deep.text = text;
			shallow.pattern = NULL;
			continue;
		}
		if (*pattern == '*') {
			shallow.pattern = ++pattern;
			shallow.text = text;
			continue;
		}
		if (!*pattern && !*text)
			return true;
		after = *pattern ? step(&pattern, text, path) : NULL;
		if (after) {
			text = after;
			continue;
		}
		if (again(&shallow, path, &pattern, &text))
			continue;
		shallow.pattern = NULL;
		if (!again_deep(&deep, &pattern, &text))
			return false;
	}
}

bool ul_glob_name(const char *pattern, const char *name)
{
	return match(pattern, name, false);
}

bool ul_glob_path(const char *pattern, const char *path)
{
	return match(pattern, path, true);
}

bool ul_glob_file(const char *pattern, const char *path)
{
	const char *name = strrchr(path, '/');

	if (strchr(pattern, '/'))
		return match(pattern, path, true);
	return match(pattern, name ? name + 1 : path, false);
}

/* One character of a set, perhaps behind a backslash. */
static char set_char(const char **at)
{
	*at += **at == '\\' && (*at)[1];
	return *(*at)++;
}

/* A set: behind its '['. Returns what is behind its ']', or NULL. Reads it as
 * in_set does. */
static const char *set_end(const char *at, const char **mistake)
{
	bool first = true;
	char from, to;

	at += *at == '!' || *at == '^';
	for (; *at && (first || *at != ']'); first = false) {
		from = to = set_char(&at);
		if (*at == '-' && at[1] && at[1] != ']') {
			at++;
			to = set_char(&at);
		}
		if ((from | to) & 0x80) {
			*mistake = "only ASCII may stand in [...]";
			return NULL;
		}
		if (from > to) {
			*mistake = "a range in [...] begins behind its end";
			return NULL;
		}
	}
	if (!*at) {
		*mistake = "a '[' has no ']'; for a '[' itself write \\\\[";
		return NULL;
	}
	return at + 1;
}

const char *ul_glob_mistake(const char *pattern)
{
	const char *mistake = NULL;

	if (!*pattern)
		return "an empty pattern matches nothing";
	while (*pattern) {
		if (*pattern == '[') {
			pattern = set_end(pattern + 1, &mistake);
			if (!pattern)
				return mistake;
			continue;
		}
		if (*pattern == '\\' && !*++pattern)
			return "a backslash stands last; "
			       "for a backslash itself write \\\\\\\\";
		pattern++;
	}
	return NULL;
}
