/* SPDX-License-Identifier: MIT */
/*
 * expand.c - ${VAR}, and paths that start at the policy's folder
 */
#include "config.h"

#include "policy/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *ul_expand_copy(const char *text, size_t length)
{
	char *copy = malloc(length + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *ul_expand_absolute(const char *folder, const char *path)
{
	size_t before = strlen(folder), after = strlen(path);
	bool slash = before && folder[before - 1] == '/';
	char *joined;

	if (*path == '/')
		return ul_expand_copy(path, after);
	joined = malloc(before + after + 2);
	if (!joined)
		return NULL;
	memcpy(joined, folder, before);
	if (!slash)
		joined[before++] = '/';
	memcpy(joined + before, path, after + 1);
	return joined;
}

/* Copy a variable's value to out, or only count when out is NULL. */
static size_t put_value(const char *value, bool quote, char *out)
{
	size_t n = 0;

	for (; *value; value++) {
		if (quote && strchr("*?[\\", *value)) {
			if (out)
				out[n] = '\\';
			n++;
		}
		if (out)
			out[n] = *value;
		n++;
	}
	return n;
}

static bool is_name(const char *name, size_t length)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	return length && (*name < '0' || *name > '9') &&
	       strspn(name, letters) >= length;
}

/* One pass that counts (out NULL) or writes; both go the same way, so that
 * they cannot disagree. Returns the bytes, or -errno. */
static long expand(const char *text, bool quote, char *out, char *name,
		   size_t name_size)
{
	const char *end, *value;
	size_t length;
	long n = 0;

	while (*text) {
		if (*text != '$' || text[1] == '$') {
			text += *text == '$';
			if (out)
				out[n] = *text;
			n++;
			text++;
			continue;
		}
		end = text[1] == '{' ? strchr(text, '}') : NULL;
		if (!end)
			return -EINVAL;
		length = end - (text + 2);
		if (!is_name(text + 2, length) || length >= name_size)
			return -EINVAL;
		memcpy(name, text + 2, length);
		name[length] = '\0';
		value = secure_getenv(name);
		if (!value)
			return -ENOENT;
		n += put_value(value, quote, out ? out + n : NULL);
		text = end + 1;
	}
	return n;
}

int ul_expand_variables(const char *text, bool quote, char **out,
			char *name, size_t name_size)
{
	long length = expand(text, quote, NULL, name, name_size);
	char *full;

	if (length < 0)
		return length;
	full = malloc(length + 1);
	if (!full)
		return -ENOMEM;
	length = expand(text, quote, full, name, name_size);
	if (length < 0) {
		free(full);
		return length;
	}
	full[length] = '\0';
	*out = full;
	return 0;
}
