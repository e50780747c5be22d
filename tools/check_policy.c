/* SPDX-License-Identifier: MIT */
/*
 * check_policy.c - what a policy says, told back
 */
#include "tools/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

const char *check_policy_calls(unsigned int calls, char text[64])
{
	static const struct {
		unsigned int call;
		const char *name;
	} names[] = {
		{ UL_CALL_MALLOC, "malloc" },
		{ UL_CALL_MMAP_ANON, "mmap-anon" },
		{ UL_CALL_MMAP_FILE, "mmap-file" },
	};
	size_t i;

	if (calls == UL_CALL_ALL)
		return strcpy(text, "every call");
	*text = '\0';
	for (i = 0; i < 3; i++)
		if (calls & names[i].call)
			check_format(text, 64, "%s%s", *text ? " or " : "",
				     names[i].name);
	return text;
}

static void add_sizes(const struct ul_policy_rule *rule, char *text,
		      size_t size)
{
	char low[32], high[32];

	check_size(rule->size_min, low);
	check_size(rule->size_max, high);
	if (rule->size_min == rule->size_max)
		check_format(text, size, ", exactly %s", low);
	else if (rule->size_min && rule->size_max != UINT64_MAX)
		check_format(text, size, ", %s to %s", low, high);
	else if (rule->size_min)
		check_format(text, size, ", %s or more", low);
	else if (rule->size_max != UINT64_MAX)
		check_format(text, size, ", %s or less", high);
}

void check_policy_conditions(const struct ul_policy_rule *rule, char *text,
			     size_t size)
{
	char calls[64];

	*text = '\0';
	check_format(text, size, "%s", check_policy_calls(rule->calls, calls));
	add_sizes(rule, text, size);
	if (rule->has_prot)
		check_format(text, size, ", prot %s%s%s",
			     rule->prot & PROT_READ ? "r" : "",
			     rule->prot & PROT_WRITE ? "w" : "",
			     rule->prot & PROT_EXEC ? "x" : "");
	if (rule->path)
		check_format(text, size, ", path %s", rule->path);
	if (rule->caller)
		check_format(text, size, ", caller %s", rule->caller);
	if (rule->object)
		check_format(text, size, ", object %s", rule->object);
	if (rule->nth)
		check_format(text, size, ", number %llu of these",
			     (unsigned long long)rule->nth);
}

void check_policy_effect(const struct ul_policy_rule *rule, char *text,
			 size_t size)
{
	char number[32];

	*text = '\0';
	if (!rule->lazy) {
		check_format(text, size, "plain");
		return;
	}
	check_format(text, size, "lazy, from \"%s\"", rule->store->name);
	if (rule->for_file)
		check_format(text, size, " (a mapped file: from \"%s\")",
			     rule->for_file->store->name);
	if (rule->offset)
		check_format(text, size, " at %s",
			     check_size(rule->offset, number));
	if (rule->direct)
		check_format(text, size, ", mapped by the kernel");
	if (rule->granule)
		check_format(text, size, ", %s a fault",
			     check_size(rule->granule, number));
	if (rule->readahead == UL_READAHEAD_OFF)
		check_format(text, size, ", no readahead");
	else if (rule->readahead == UL_READAHEAD_FIXED)
		check_format(text, size, ", %s ahead",
			     check_size(rule->readahead_size, number));
}

/* Does a take every call that b could? Then b, coming later, never matches. */
static bool covers(const struct ul_policy_rule *a,
		   const struct ul_policy_rule *b)
{
	return !(b->calls & ~a->calls) && a->size_min <= b->size_min &&
	       a->size_max >= b->size_max && !a->has_prot && !a->path &&
	       !a->caller && !a->object && !a->nth;
}

static void check_order(struct check_report *report,
			const struct ul_policy *policy)
{
	char found[256];
	size_t i, j;

	for (i = 1; i < policy->n_rules; i++) {
		for (j = 0; j < i; j++)
			if (covers(&policy->rules[j], &policy->rules[i]))
				break;
		if (j == i)
			continue;
		snprintf(found, sizeof(found), "rules[%zu] \"%.64s\" never "
			 "matches", i, policy->rules[i].name);
		check_report_add(report, CHECK_NOTE, "rule", found,
			"a rule before it takes all of its calls; the first "
			"that matches wins", "move it up, or remove it");
	}
}

static json_t *list_of(char *const *strings, size_t n)
{
	json_t *list = check_need(json_array());
	size_t i;

	for (i = 0; i < n; i++)
		if (json_array_append_new(list, check_string(strings[i])))
			check_no_memory();
	return list;
}

static json_t *stores_of(const struct ul_policy *policy)
{
	static const char *const types[] = { "zero", "self", "file", "blob" };
	json_t *list = check_need(json_array()), *entry;
	size_t i;

	for (i = 0; i < policy->n_stores; i++) {
		const struct ul_policy_store *store = &policy->stores[i];

		entry = check_need(json_pack("{s:s, s:s, s:o, s:I, s:I}",
			"name", store->name, "type", types[store->type],
			"path", check_string(store->path),
			"offset", (json_int_t)store->offset,
			"timeout_ms", (json_int_t)store->timeout_ms));
		if (json_array_append_new(list, entry))
			check_no_memory();
	}
	return list;
}

static json_t *rules_of(const struct ul_policy *policy)
{
	json_t *list = check_need(json_array()), *entry;
	char conditions[2048], effect[512];
	size_t i;

	for (i = 0; i < policy->n_rules; i++) {
		const struct ul_policy_rule *rule = &policy->rules[i];

		check_policy_conditions(rule, conditions, sizeof(conditions));
		check_policy_effect(rule, effect, sizeof(effect));
		entry = check_need(json_pack("{s:i, s:s, s:b, s:s, s:o, s:o}",
			"index", (int)i, "name", rule->name,
			"lazy", rule->lazy, "store", rule->store->name,
			"match", check_string(conditions),
			"effect", check_string(effect)));
		if (json_array_append_new(list, entry))
			check_no_memory();
	}
	return list;
}

void check_policy(struct check_report *report, const struct ul_policy *policy)
{
	json_t *stores = stores_of(policy);
	json_t *about = check_need(json_pack(
		"{s:o, s:o, s:I, s:b, s:o, s:i, s:o, s:o, s:o, s:o}",
		"source", check_string(policy->source),
		"programs", list_of(policy->programs, policy->n_programs),
		"min_size", (json_int_t)policy->min_size,
		"stubs", policy->stubs,
		"stub_folders", list_of(policy->stub_folders,
					policy->n_stub_folders),
		"workers", (int)policy->workers,
		"record", check_string(policy->record),
		"replay", check_string(policy->replay),
		"stores", stores, "rules", rules_of(policy)));

	if (json_object_set_new(report->root, "policy", about))
		check_no_memory();
	check_stores(report, policy, stores);
	check_records(report, policy);
	check_order(report, policy);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void print_list(const char *title, const json_t *list,
		       const char *none)
{
	const json_t *entry;
	size_t i;

	printf("%-10s", title);
	if (!json_array_size(list))
		printf("%s", none);
	json_array_foreach(list, i, entry)
		printf("%s%s", i ? ", " : "", json_string_value(entry));
	putchar('\n');
}

void check_policy_text(const struct check_report *report)
{
	const json_t *about = json_object_get(report->root, "policy");
	const json_t *entry, *bytes;
	char size[32];
	size_t i;

	printf("%-10s%s\n", "policy", text_of(about, "source"));
	print_list("programs", json_object_get(about, "programs"),
		   "every program");
	printf("%-10s%s\n", "min_size",
	       check_size(json_integer_value(json_object_get(about,
							     "min_size")),
			  size));
	if (!json_is_true(json_object_get(about, "stubs")))
		printf("%-10snot served\n", "stubs");
	else
		print_list("stubs", json_object_get(about, "stub_folders"),
			   "served from blobs in their own folder, or below");
	if (*text_of(about, "record"))
		printf("%-10s%s\n", "record", text_of(about, "record"));
	if (*text_of(about, "replay"))
		printf("%-10s%s\n", "replay", text_of(about, "replay"));
	json_array_foreach(json_object_get(about, "stores"), i, entry) {
		if (i < 2)
			continue;	/* zero and self are everywhere */
		bytes = json_object_get(entry, "bytes");
		printf("%-10s%s: %s %s, %s\n", "store", text_of(entry, "name"),
		       text_of(entry, "type"), text_of(entry, "path"),
		       bytes ? check_size(json_integer_value(bytes), size) :
			       "cannot be opened");
	}
	json_array_foreach(json_object_get(about, "rules"), i, entry)
		printf("%-10s%zu \"%s\": %s: %s\n", "rule", i,
		       text_of(entry, "name"), text_of(entry, "match"),
		       text_of(entry, "effect"));
	if (!json_array_size(json_object_get(about, "rules")))
		printf("%-10snone\n", "rules");
}
