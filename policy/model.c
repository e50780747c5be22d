/* SPDX-License-Identifier: MIT */
/*
 * model.c - what a policy is made of: defaults, the built-in one, its end
 */
#include "policy/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIN_SIZE ((uint64_t)1 << 20)

struct ul_policy *ul_model_new(const char *source)
{
	struct ul_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->min_size = MIN_SIZE;
	policy->stubs = true;
	policy->fault = UL_FAULT_THREAD;
	policy->source = ul_expand_copy(source, strlen(source));
	if (!policy->source) {
		free(policy);
		return NULL;
	}
	return policy;
}

static bool needs_second_face(const struct ul_policy_rule *rule)
{
	return rule->calls & UL_CALL_MMAP_FILE &&
	       rule->store->type == UL_STORE_ZERO;
}

/*
 * A rule that names no store takes zeros for memory without a file and the
 * file itself for a mapped one. For the caller of ul_policy_match to see one
 * store and no special case, such a rule has a twin for files, the same in
 * all else, that matching answers with; it is not in rules[], so that what
 * is counted by index stays one rule. The strings are the first one's.
 */
static int add_twins(struct ul_policy *policy)
{
	struct ul_policy_rule *twin;
	size_t i, n = 0;

	for (i = 0; i < policy->n_rules; i++)
		n += needs_second_face(&policy->rules[i]);
	if (!n)
		return 0;
	twin = calloc(n, sizeof(*twin));
	policy->twins = twin;
	if (!twin)
		return -ENOMEM;
	for (i = 0; i < policy->n_rules; i++) {
		if (!needs_second_face(&policy->rules[i]))
			continue;
		*twin = policy->rules[i];
		twin->store = ul_stores_find(policy, "self");
		policy->rules[i].for_file = twin++;
	}
	return 0;
}

/* What is in force where no policy says rules: so the built-in policy is the
 * one that says nothing at all. */
static int add_builtin_rule(struct ul_policy *policy)
{
	static const char name[] = "built-in";
	struct ul_policy_rule *rule = calloc(1, sizeof(*rule));

	policy->rules = rule;
	if (!rule)
		return -ENOMEM;
	policy->n_rules = 1;
	rule->calls = UL_CALL_MALLOC | UL_CALL_MMAP_ANON;
	rule->size_max = UINT64_MAX;
	rule->lazy = true;
	rule->store = ul_stores_find(policy, "zero");
	rule->name = ul_expand_copy(name, strlen(name));
	return rule->name ? 0 : -ENOMEM;
}

int ul_model_finish(struct ul_policy *policy)
{
	if (ul_stores_start(policy, 0))
		return -ENOMEM;
	if (!policy->rules)
		return add_builtin_rule(policy);
	return add_twins(policy);
}

struct ul_policy *ul_policy_builtin(void)
{
	int saved = errno;
	struct ul_policy *policy = ul_model_new("built-in");

	if (policy && ul_model_finish(policy)) {
		ul_policy_free(policy);
		policy = NULL;
	}
	errno = saved;
	return policy;
}

static void free_list(char **list, size_t n)
{
	while (n)
		free(list[--n]);
	free(list);
}

void ul_policy_free(struct ul_policy *policy)
{
	size_t i;

	if (!policy)
		return;
	for (i = 0; i < policy->n_stores; i++) {
		free(policy->stores[i].name);
		free(policy->stores[i].path);
	}
	for (i = 0; i < policy->n_rules; i++) {
		free(policy->rules[i].name);
		free(policy->rules[i].path);
		free(policy->rules[i].caller);
		free(policy->rules[i].object);
	}
	free_list(policy->programs, policy->n_programs);
	free_list(policy->stub_folders, policy->n_stub_folders);
	free(policy->stores);
	free(policy->rules);
	free(policy->twins);
	free(policy->record);
	free(policy->replay);
	free(policy->source);
	free(policy);
}
