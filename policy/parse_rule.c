/* SPDX-License-Identifier: MIT */
/*
 * parse_rule.c - "rules": each key by itself
 */
#include "policy/keys.h"
#include "policy/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define RULES_MOST 1024
#define PAGE ((uint64_t)4096)
#define GRANULE_MOST ((uint64_t)2 << 20)
#define READAHEAD_MOST ((uint64_t)1 << 30)

static int read_rule(struct ul_reader *reader, const struct ul_at *at,
		     const json_t *value)
{
	struct ul_policy *policy = reader->policy;
	struct ul_policy_rule *rule = &policy->rules[policy->n_rules];
	struct ul_rule_draft draft = { .rule = rule, .at = at };
	char name[32];
	int error;

	rule->index = policy->n_rules++;
	rule->size_max = UINT64_MAX;
	rule->lazy = true;
	error = ul_parse_object(reader, at, value, UL_KEYS_RULE, &draft);
	if (error)
		return error;
	if (!rule->name) {
		snprintf(name, sizeof(name), "rule %u", rule->index);
		rule->name = ul_expand_copy(name, strlen(name));
		if (!rule->name)
			return ul_complain_memory(reader);
	}
	return ul_rule_check(reader, &draft);
}

static int check_names(struct ul_reader *reader, const struct ul_at *at)
{
	const struct ul_policy *policy = reader->policy;
	struct ul_at rule = { at, NULL, 0 };
	struct ul_at name = { &rule, "name", 0 };
	size_t i;

	for (; rule.index < policy->n_rules; rule.index++)
		for (i = 0; i < rule.index; i++)
			if (!strcmp(policy->rules[i].name,
				    policy->rules[rule.index].name))
				return ul_complain_value(reader, &name,
					"\"%s\" is already the name of "
					"rules[%zu]; expected another",
					policy->rules[i].name, i);
	return 0;
}

int ul_read_rules(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, void *target)
{
	struct ul_policy *policy = target;
	struct ul_at child = { at, NULL, 0 };
	size_t n = json_array_size(value);
	int error;

	if (!json_is_array(value))
		return ul_complain_type(reader, at, "a list of rules", value);
	if (n > RULES_MOST)
		return ul_complain_value(reader, at,
			"there are %zu rules; expected %d at the most", n,
			RULES_MOST);
	policy->rules = calloc(n ? n : 1, sizeof(*policy->rules));
	if (!policy->rules || ul_stores_start(policy, 0))
		return ul_complain_memory(reader);
	for (; child.index < n; child.index++) {
		error = read_rule(reader, &child,
				  json_array_get(value, child.index));
		if (error)
			return error;
	}
	return check_names(reader, at);
}

int ul_read_rule_name(struct ul_reader *reader, const struct ul_at *at,
		      const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;

	return ul_value_string(reader, at, value, &draft->rule->name);
}

int ul_read_match(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, void *target)
{
	return ul_parse_object(reader, at, value, UL_KEYS_MATCH, target);
}

int ul_read_lazy(struct ul_reader *reader, const struct ul_at *at,
		 const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;

	draft->has_lazy = true;
	return ul_value_bool(reader, at, value, &draft->rule->lazy);
}

int ul_read_rule_store(struct ul_reader *reader, const struct ul_at *at,
		       const struct json_t *value, void *target)
{
	const struct ul_policy *policy = reader->policy;
	struct ul_rule_draft *draft = target;
	struct ul_suggest suggest;
	const char *name = json_string_value(value), *meant;
	char list[256] = "";
	size_t i;

	if (!name)
		return ul_complain_type(reader, at, "the name of a store",
					value);
	draft->store = ul_stores_find(policy, name);
	if (draft->store)
		return 0;
	ul_suggest_start(&suggest, name);
	for (i = 0; i < policy->n_stores; i++) {
		ul_suggest_offer(&suggest, policy->stores[i].name);
		if (i >= 2)
			ul_suggest_append(list, sizeof(list),
					  policy->stores[i].name);
	}
	meant = ul_suggest_answer(&suggest);
	return ul_complain_value(reader, at,
		"no store \"%s\"; %s%s%sstores are %s%sthe built-in \"zero\" "
		"and \"self\"", name, meant ? "did you mean \"" : "",
		meant ? meant : "", meant ? "\"? " : "", list,
		*list ? " and " : "");
}

int ul_read_granule(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;
	uint64_t size;
	int error = ul_value_size(reader, at, value, &size);

	if (error)
		return error;
	if (size < PAGE || size > GRANULE_MOST || size & (size - 1))
		return ul_complain_value(reader, at,
			"%llu bytes will not do; expected a power of two, "
			"4KiB to 2MiB", (unsigned long long)size);
	draft->has_granule = true;
	draft->rule->granule = size;
	return 0;
}

int ul_read_readahead(struct ul_reader *reader, const struct ul_at *at,
		      const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;
	struct ul_policy_rule *rule = draft->rule;
	const char *word = json_string_value(value);
	uint64_t size = 0;

	draft->has_readahead = true;
	if (word && !strcmp(word, "off")) {
		rule->readahead = UL_READAHEAD_OFF;
		return 0;
	}
	if (word && !strcmp(word, "adaptive")) {
		rule->readahead = UL_READAHEAD_ADAPTIVE;
		return 0;
	}
	if (word && ul_size_parse(word, &size) == -EINVAL)
		return ul_complain_value(reader, at,
			"\"%s\" is neither a word known here nor a size; "
			"expected \"off\", \"adaptive\" or a size such as "
			"\"256KiB\"", word);
	if (json_is_integer(value) && json_integer_value(value) > 0)
		size = json_integer_value(value);
	else if (!word && !json_is_integer(value))
		return ul_complain_type(reader, at,
			"\"off\", \"adaptive\" or a size", value);
	if (size < PAGE || size > READAHEAD_MOST || size % PAGE)
		return ul_complain_value(reader, at,
			"this size will not do; expected a multiple of 4KiB, "
			"4KiB to 1GiB, or \"off\"");
	rule->readahead = UL_READAHEAD_FIXED;
	rule->readahead_size = size;
	return 0;
}

int ul_read_direct(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, void *target)
{
	struct ul_rule_draft *draft = target;

	draft->has_direct = true;
	return ul_value_bool(reader, at, value, &draft->rule->direct);
}
