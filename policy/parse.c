/* SPDX-License-Identifier: MIT */
/*
 * parse.c - the text, an object by the table, and the keys of the top level
 */
#include "policy/keys.h"
#include "policy/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define LIST_MOST 1024

static int complain_unknown(struct ul_reader *reader, const struct ul_at *at,
			    enum ul_key_scope scope)
{
	struct ul_suggest suggest;
	char list[384] = "";
	const char *meant;
	size_t i;

	ul_suggest_start(&suggest, at->key);
	for (i = 0; i < ul_policy_n_keys; i++) {
		if (ul_policy_keys[i].scope != scope)
			continue;
		ul_suggest_offer(&suggest, ul_policy_keys[i].name);
		ul_suggest_append(list, sizeof(list), ul_policy_keys[i].name);
	}
	meant = ul_suggest_answer(&suggest);
	if (meant)
		return ul_complain_key(reader, at,
			"unknown key; did you mean \"%s\"? Expected one of %s",
			meant, list);
	return ul_complain_key(reader, at, "unknown key; expected one of %s",
			       list);
}

int ul_parse_object(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, unsigned int scope,
		    void *target)
{
	struct ul_at child = { at, NULL, 0 };
	const struct ul_policy_key *key;
	const json_t *member;
	void *iterator;
	size_t i;
	int error;

	if (!json_is_object(value))
		return ul_complain_type(reader, at, "an object", value);
	/* A newer version has keys that are not known here, and it is the
	 * version that should be spoken of then. */
	child.key = "version";
	member = json_object_get(value, child.key);
	if (scope == UL_KEYS_TOP && member) {
		error = ul_read_version(reader, &child, member, target);
		if (error)
			return error;
	}
	iterator = json_object_iter((json_t *)value);
	for (; iterator; iterator = json_object_iter_next((json_t *)value,
							  iterator)) {
		child.key = json_object_iter_key(iterator);
		if (!ul_policy_find_key(scope, child.key))
			return complain_unknown(reader, &child, scope);
	}
	for (i = 0; i < ul_policy_n_keys; i++) {
		key = &ul_policy_keys[i];
		if (key->scope != scope)
			continue;
		child.key = key->name;
		member = json_object_get(value, key->name);
		if (!member && key->required)
			return ul_complain_value(reader, &child,
				"missing; expected a %s: %s (%s)", key->type,
				key->range, key->help);
		error = member ? key->read(reader, &child, member, target) : 0;
		if (error)
			return error;
	}
	return 0;
}

/* A string, or a list of strings; read each by each(). */
static int read_list(struct ul_reader *reader, const struct ul_at *at,
		     const json_t *value, char ***list, size_t *n,
		     int (*each)(struct ul_reader *, const struct ul_at *,
				 const struct json_t *, char **))
{
	struct ul_at child = { at, NULL, 0 };
	size_t room = json_is_array(value) ? json_array_size(value) : 1;
	int error;

	if (!room || room > LIST_MOST)
		return ul_complain_value(reader, at,
			"the list has %zu entries; expected 1 to %d, or leave "
			"the key out", room, LIST_MOST);
	*list = calloc(room, sizeof(**list));
	if (!*list)
		return ul_complain_memory(reader);
	*n = room;
	if (!json_is_array(value))
		return each(reader, at, value, *list);
	for (; child.index < room; child.index++) {
		error = each(reader, &child,
			     json_array_get(value, child.index),
			     &(*list)[child.index]);
		if (error)
			return error;
	}
	return 0;
}

int ul_read_version(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, void *target)
{
	(void)target;
	if (!json_is_integer(value))
		return ul_complain_type(reader, at, "the number 1", value);
	if (json_integer_value(value) > 1)
		return ul_complain_value(reader, at,
			"%lld is newer than this uffdlazy, which reads "
			"version 1; expected 1, or a newer uffdlazy",
			(long long)json_integer_value(value));
	if (json_integer_value(value) != 1)
		return ul_complain_value(reader, at,
			"there is no version %lld; expected 1",
			(long long)json_integer_value(value));
	return 0;
}

static int read_program(struct ul_reader *reader, const struct ul_at *at,
			const struct json_t *value, char **out)
{
	int error = ul_value_glob(reader, at, value, out);

	if (!error && strchr(*out, '/'))
		return ul_complain_value(reader, at,
			"\"%s\" has a '/'; expected a pattern for the "
			"program's file name alone", *out);
	return error;
}

int ul_read_programs(struct ul_reader *reader, const struct ul_at *at,
		     const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;

	if (!json_is_array(value) && !json_is_string(value))
		return ul_complain_type(reader, at,
					"a pattern or a list of patterns",
					value);
	return read_list(reader, at, value, &policy->programs,
			 &policy->n_programs, read_program);
}

int ul_read_min_size(struct ul_reader *reader, const struct ul_at *at,
		     const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;

	return ul_value_size(reader, at, value, &policy->min_size);
}

int ul_read_stubs(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;

	if (json_is_boolean(value))
		return ul_value_bool(reader, at, value, &policy->stubs);
	if (!json_is_array(value))
		return ul_complain_type(reader, at,
					"true, false or a list of folders",
					value);
	policy->stubs = true;
	return read_list(reader, at, value, &policy->stub_folders,
			 &policy->n_stub_folders, ul_value_path);
}

int ul_read_workers(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;
	uint64_t workers = 0;
	int error = ul_value_count(reader, at, value, 0, 64, &workers);

	if (!error)
		policy->workers = workers;
	return error;
}

int ul_read_record(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;

	return ul_value_path(reader, at, value, &policy->record);
}

int ul_read_replay(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;

	return ul_value_path(reader, at, value, &policy->replay);
}

int ul_read_fault(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, void *target)
{
	static const char *const words[] = { "thread", NULL };
	size_t which;

	(void)target;
	return ul_value_word(reader, at, value, words, &which);
}

/* What people write who know JavaScript better than JSON. */
static const char *json_hint(const struct ul_reader *reader, size_t offset)
{
	const char *text = reader->text;
	size_t before = offset;
	char c = offset < reader->length ? text[offset] : '\0';

	if (reader->length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		return "; the text begins with a byte order mark: remove it";
	while (before && strchr(" \t\r\n", text[before - 1]))
		before--;
	if ((c == '}' || c == ']') && before && text[before - 1] == ',')
		return "; no comma may stand before a closing bracket";
	if (c == '/' || c == '#')
		return "; JSON has no comments";
	if (c == '\'')
		return "; strings stand in double quotes";
	return "";
}

/* Behind the last character that is no space. */
static size_t behind_last(const struct ul_reader *reader)
{
	size_t end = reader->length;

	while (end && strchr(" \t\r\n", reader->text[end - 1]))
		end--;
	return end;
}

/*
 * jansson says how far it had read. Where it also says what it had read last
 * (near 'token'), that token's start is the better place to point at.
 */
static int complain_json(struct ul_reader *reader, const json_error_t *error)
{
	const char *near = strstr(error->text, " near '");
	size_t offset = error->position > 0 ? error->position : 0;
	size_t token = near ? strlen(near + strlen(" near '")) - 1 : 0;

	/* Out of memory, jansson often says nothing. */
	if (!*error->text)
		return ul_complain_memory(reader);
	if (offset > reader->length)
		offset = reader->length;
	if (strstr(error->text, "near end of file"))
		offset = behind_last(reader);
	else if (token && token <= offset)
		offset -= token;
	else if (offset)
		offset--;
	if (!behind_last(reader))
		return ul_complain_offset(reader, 0,
			"there is nothing in it; expected {\"version\": 1, "
			"...}");
	switch (json_error_code(error)) {
	case json_error_out_of_memory:
		return ul_complain_memory(reader);
	case json_error_duplicate_key:
		return ul_complain_offset(reader, offset,
			"%.*s is given twice in one object; expected each key "
			"once", near ? (int)token : 3,
			near ? near + strlen(" near '") : "key");
	case json_error_numeric_overflow:
		return ul_complain_offset(reader, offset,
			"%.*s is out of range; expected less than 2^63",
			near ? (int)token : 8,
			near ? near + strlen(" near '") : "a number");
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return ul_complain_offset(reader, offset,
			"a string has the character \\u0000; expected none, "
			"for no name and no path can have it");
	default:
		return ul_complain_offset(reader, offset, "not JSON: %s%s",
					  error->text,
					  json_hint(reader, offset));
	}
}

/* With a mark, or with every other byte of its first '{' zero. */
static bool is_utf16(const struct ul_reader *reader)
{
	static const char *const begins[] = { "\xff\xfe", "\xfe\xff",
					      "{\0", "\0{" };
	size_t i;

	for (i = 0; reader->length >= 2 && i < 4; i++)
		if (!memcmp(reader->text, begins[i], 2))
			return true;
	return false;
}

static int parse(struct ul_reader *reader)
{
	const struct ul_at root = { NULL, NULL, 0 };
	const char *nul = memchr(reader->text, '\0', reader->length);
	json_error_t error;
	json_t *tree;
	int result;

	/* jansson takes one outside a string for the end. */
	if (nul)
		return ul_complain_offset(reader, nul - reader->text,
			is_utf16(reader) ?
			"not JSON: this is UTF-16; expected UTF-8" :
			"not JSON: a byte of value 0; expected text");
	tree = json_loadb(reader->text, reader->length, JSON_REJECT_DUPLICATES,
			  &error);
	if (!tree)
		return complain_json(reader, &error);
	result = ul_parse_object(reader, &root, tree, UL_KEYS_TOP,
				 reader->policy);
	json_decref(tree);
	if (!result && ul_model_finish(reader->policy))
		result = ul_complain_memory(reader);
	return result;
}

int ul_policy_parse(const char *text, size_t length, const char *source,
		    const char *folder, struct ul_policy **policy,
		    char *message, size_t message_size)
{
	struct ul_reader reader = {
		.text = text, .length = length, .source = source,
		.folder = folder, .message = message,
		.message_size = message_size,
	};
	int saved = errno, error;

	if (message_size)
		*message = '\0';
	*policy = NULL;
	reader.policy = ul_model_new(source);
	error = reader.policy ? parse(&reader) : ul_complain_memory(&reader);
	if (error)
		ul_policy_free(reader.policy);
	else
		*policy = reader.policy;
	errno = saved;
	return error;
}
