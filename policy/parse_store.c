/* SPDX-License-Identifier: MIT */
/*
 * parse_store.c - "stores"
 */
#include "policy/keys.h"
#include "policy/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define STORES_MOST 1024

int ul_stores_start(struct ul_policy *policy, size_t more)
{
	static const struct ul_policy_store builtin[] = {
		{ .type = UL_STORE_ZERO, .length = UL_LENGTH_TO_END },
		{ .type = UL_STORE_SELF, .length = UL_LENGTH_TO_END },
	};
	static const char *const names[] = { "zero", "self" };
	size_t i;

	if (policy->stores)
		return 0;
	policy->stores = calloc(more + 2, sizeof(*policy->stores));
	if (!policy->stores)
		return -ENOMEM;
	for (i = 0; i < 2; i++) {
		policy->stores[i] = builtin[i];
		policy->stores[i].name = ul_expand_copy(names[i], 4);
		policy->n_stores++;
		if (!policy->stores[i].name)
			return -ENOMEM;
	}
	return 0;
}

const struct ul_policy_store *ul_stores_find(const struct ul_policy *policy,
					     const char *name)
{
	size_t i;

	for (i = 0; i < policy->n_stores; i++)
		if (!strcmp(policy->stores[i].name, name))
			return &policy->stores[i];
	return NULL;
}

static int read_store(struct ul_reader *reader, const struct ul_at *at,
		      const json_t *value)
{
	struct ul_policy *policy = reader->policy;
	struct ul_policy_store *store = &policy->stores[policy->n_stores];
	struct ul_at length = { at, "length", 0 };
	int error;

	if (!*at->key || ul_value_has_control(at->key))
		return ul_complain_key(reader, at,
			"a store's name is empty or has a control character; "
			"expected a name");
	if (ul_stores_find(policy, at->key))
		return ul_complain_key(reader, at,
			"\"%s\" is a built-in store, here without an entry; "
			"expected another name", at->key);
	store->length = UL_LENGTH_TO_END;
	store->name = ul_expand_copy(at->key, strlen(at->key));
	policy->n_stores++;
	if (!store->name)
		return ul_complain_memory(reader);
	error = ul_parse_object(reader, at, value, UL_KEYS_STORE, store);
	if (!error && store->length != UL_LENGTH_TO_END &&
	    store->length > INT64_MAX - store->offset)
		return ul_complain_value(reader, &length,
			"offset and length together are more than a file can "
			"have; expected less than 8EiB");
	return error;
}

int ul_read_stores(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;
	struct ul_at child = { at, NULL, 0 };
	json_t *object = (json_t *)value;
	void *iterator;
	int error;

	if (!json_is_object(value))
		return ul_complain_type(reader, at,
			"an object of stores by their names", value);
	if (json_object_size(value) > STORES_MOST)
		return ul_complain_value(reader, at,
			"there are %zu stores; expected %d at the most",
			json_object_size(value), STORES_MOST);
	if (ul_stores_start(policy, json_object_size(value)))
		return ul_complain_memory(reader);
	iterator = json_object_iter(object);
	for (; iterator; iterator = json_object_iter_next(object, iterator)) {
		child.key = json_object_iter_key(iterator);
		error = read_store(reader, &child,
				   json_object_iter_value(iterator));
		if (error)
			return error;
	}
	return 0;
}

int ul_read_store_type(struct ul_reader *reader, const struct ul_at *at,
		       const struct json_t *value, void *target)
{
	static const char *const words[] = { "file", "blob", NULL };
	struct ul_policy_store *store = target;
	const char *text = json_string_value(value);
	size_t which;
	int error;

	if (text && (!strcmp(text, "zero") || !strcmp(text, "self")))
		return ul_complain_value(reader, at,
			"\"%s\" is a built-in store and needs no entry; write "
			"\"store\": \"%s\" in the rule. Expected \"file\" or "
			"\"blob\"", text, text);
	error = ul_value_word(reader, at, value, words, &which);
	if (!error)
		store->type = which ? UL_STORE_BLOB : UL_STORE_FILE;
	return error;
}

int ul_read_store_path(struct ul_reader *reader, const struct ul_at *at,
		       const struct json_t *value, void *target)
{
	struct ul_policy_store *store = target;

	return ul_value_path(reader, at, value, &store->path);
}

/* A place in a file: off_t has 63 bits. */
static int read_place(struct ul_reader *reader, const struct ul_at *at,
		      const struct json_t *value, uint64_t *out)
{
	int error = ul_value_size(reader, at, value, out);

	if (!error && *out > INT64_MAX)
		return ul_complain_value(reader, at,
			"is more than a file can have; expected less than "
			"8EiB");
	return error;
}

int ul_read_store_offset(struct ul_reader *reader, const struct ul_at *at,
			 const struct json_t *value, void *target)
{
	struct ul_policy_store *store = target;

	return read_place(reader, at, value, &store->offset);
}

int ul_read_store_length(struct ul_reader *reader, const struct ul_at *at,
			 const struct json_t *value, void *target)
{
	struct ul_policy_store *store = target;
	int error = read_place(reader, at, value, &store->length);

	if (!error && !store->length)
		return ul_complain_value(reader, at,
			"a store of no bytes has nothing to give; expected 1 "
			"or more, or leave the key out: up to the end of the "
			"file");
	return error;
}

int ul_read_store_timeout(struct ul_reader *reader, const struct ul_at *at,
			  const struct json_t *value, void *target)
{
	struct ul_policy_store *store = target;

	return ul_value_time(reader, at, value, &store->timeout_ms);
}

int ul_read_rule_offset(struct ul_reader *reader, const struct ul_at *at,
			const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;

	draft->has_offset = true;
	return read_place(reader, at, value, &draft->rule->offset);
}
