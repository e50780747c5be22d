/* SPDX-License-Identifier: MIT */
/*
 * parse_match.c - the "match" of a rule: each key by itself
 */
#include "policy/glob.h"
#include "policy/keys.h"
#include "policy/reader.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <jansson.h>

static int add_call(struct ul_reader *reader, const struct ul_at *at,
		    const json_t *value, struct ul_rule_draft *draft)
{
	/* In the order of enum ul_call. */
	static const char *const words[] = {
		"malloc", "mmap-anon", "mmap-file", NULL
	};
	size_t which;
	int error = ul_value_word(reader, at, value, words, &which);

	if (error)
		return error;
	if (draft->rule->calls & 1u << which)
		return ul_complain_value(reader, at,
			"\"%s\" is given twice; expected each call once",
			words[which]);
	draft->rule->calls |= 1u << which;
	return 0;
}

int ul_read_call(struct ul_reader *reader, const struct ul_at *at,
		 const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;
	struct ul_at child = { at, NULL, 0 };
	int error;

	draft->has_call = true;
	if (!json_is_array(value))
		return add_call(reader, at, value, draft);
	if (!json_array_size(value))
		return ul_complain_value(reader, at,
			"the list is empty; expected \"malloc\", "
			"\"mmap-anon\", \"mmap-file\", or leave the key out");
	for (; child.index < json_array_size(value); child.index++) {
		error = add_call(reader, &child,
				 json_array_get(value, child.index), draft);
		if (error)
			return error;
	}
	return 0;
}

int ul_read_size(struct ul_reader *reader, const struct ul_at *at,
		 const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;
	struct ul_policy_rule *rule = draft->rule;
	int error;

	draft->has_size = true;
	if (!json_is_object(value)) {
		error = ul_value_size(reader, at, value, &rule->size_min);
		rule->size_max = rule->size_min;
		if (!error && !rule->size_max)
			return ul_complain_value(reader, at,
				"nothing is lazy about no bytes; expected 1 "
				"or more");
		return error;
	}
	if (!json_object_size(value))
		return ul_complain_value(reader, at,
			"is empty; expected min, max or both, or leave the "
			"key out");
	return ul_parse_object(reader, at, value, UL_KEYS_SIZE, target);
}

int ul_read_size_min(struct ul_reader *reader, const struct ul_at *at,
		     const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;

	return ul_value_size(reader, at, value, &draft->rule->size_min);
}

int ul_read_size_max(struct ul_reader *reader, const struct ul_at *at,
		     const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;
	struct ul_policy_rule *rule = draft->rule;
	int error = ul_value_size(reader, at, value, &rule->size_max);

	if (!error && rule->size_max < rule->size_min)
		return ul_complain_value(reader, at,
			"is less than min (%llu bytes); expected as much or "
			"more", (unsigned long long)rule->size_min);
	return error;
}

int ul_read_prot(struct ul_reader *reader, const struct ul_at *at,
		 const struct json_t *value, void *target)
{
	static const char letters[] = "rwx";
	static const int bits[] = { PROT_READ, PROT_WRITE, PROT_EXEC };
	struct ul_rule_draft *draft = target;
	const char *text = json_string_value(value), *letter;

	if (!text)
		return ul_complain_type(reader, at,
					"a string of r, w and x", value);
	for (; *text; text++) {
		letter = strchr(letters, *text);
		if (!letter || draft->rule->prot & bits[letter - letters])
			break;
		draft->rule->prot |= bits[letter - letters];
	}
	if (*text || !draft->rule->prot)
		return ul_complain_value(reader, at,
			"\"%s\" is no protection; expected one or more of r, "
			"w and x, each once", json_string_value(value));
	draft->rule->has_prot = true;
	return 0;
}

/* Paths that the kernel and the loader know are absolute: a pattern that
 * begins otherwise would never match, and nobody would be told. */
static int check_whole_path(struct ul_reader *reader, const struct ul_at *at,
			    const char *pattern)
{
	const char *rest = pattern;

	if (!strchr(pattern, '/') || *pattern == '/' ||
	    !strncmp(pattern, "**", 2))
		return 0;
	while (!strncmp(rest, "./", 2) || !strncmp(rest, "../", 3))
		rest = strchr(rest, '/') + 1;
	return ul_complain_value(reader, at,
		"\"%s\" has a '/', so it is held against the whole path, and "
		"that begins with '/'; expected \"/%s\" or \"**/%s\"", pattern,
		rest, rest);
}

/* The kernel's paths have no part that is empty, "." or "..". The loader's may
 * be as they were asked for. */
static int check_parts(struct ul_reader *reader, const struct ul_at *at,
		       const char *pattern)
{
	const char *part = pattern;
	size_t n;

	while ((part = strchr(part, '/'))) {
		part++;
		n = strcspn(part, "/");
		if (n > 2 || strncmp(part, "..", n))
			continue;
		return ul_complain_value(reader, at,
			"\"%s\" can match nothing: a file's whole path has no "
			"part that is empty, \".\" or \"..\"; expected the "
			"path without", pattern);
	}
	return 0;
}

int ul_read_match_path(struct ul_reader *reader, const struct ul_at *at,
		       const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;
	struct ul_policy_rule *rule = draft->rule;
	const char *mistake;
	int error;

	error = ul_value_string(reader, at, value, &rule->path);
	if (error)
		return error;
	free(rule->path);
	rule->path = NULL;
	error = ul_value_expand(reader, at, json_string_value(value), true,
				&rule->path);
	if (error)
		return error;
	mistake = ul_glob_mistake(rule->path);
	if (mistake)
		return ul_complain_value(reader, at,
					 "\"%s\" is no pattern: %s",
					 rule->path, mistake);
	error = check_whole_path(reader, at, rule->path);
	return error ? error : check_parts(reader, at, rule->path);
}

int ul_read_caller(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;

	return ul_value_glob(reader, at, value, &draft->rule->caller);
}

int ul_read_object(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;
	int error = ul_value_glob(reader, at, value, &draft->rule->object);

	return error ? error : check_whole_path(reader, at,
						draft->rule->object);
}

int ul_read_nth(struct ul_reader *reader, const struct ul_at *at,
		const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;

	return ul_value_count(reader, at, value, 1, INT64_MAX,
			      &draft->rule->nth);
}
