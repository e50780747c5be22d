/* SPDX-License-Identifier: MIT */
/*
 * match.c - which rule a call meets
 *
 * This runs inside malloc: it allocates nothing, takes no lock, and calls
 * nothing in libc but string functions.
 */
#include "policy/match.h"
#include "policy/glob.h"

#include <string.h>

/* One frame must satisfy both patterns: "build_index of libidx.so", not
 * "build_index of anything, called from somewhere in libidx.so". */
static bool frame_fits(const struct ul_policy_rule *rule,
		       const struct ul_policy_frame *frame)
{
	if (rule->caller && (!frame->function ||
			     !ul_glob_name(rule->caller, frame->function)))
		return false;
	return !rule->object ||
	       (frame->object && ul_glob_file(rule->object, frame->object));
}

static bool stack_fits(const struct ul_policy_rule *rule,
		       const struct ul_policy_call *call,
		       struct ul_match_stack *stack)
{
	size_t i;

	if (!rule->caller && !rule->object)
		return true;
	if (!stack->asked && call->frames)
		stack->n = call->frames(call->frames_context, &stack->frames);
	stack->asked = true;
	for (i = 0; i < stack->n; i++)
		if (frame_fits(rule, &stack->frames[i]))
			return true;
	return false;
}

enum ul_condition ul_match_condition(const struct ul_policy_rule *rule,
				     const struct ul_policy_call *call,
				     struct ul_match_stack *stack)
{
	if (!(rule->calls & call->call))
		return UL_CONDITION_CALL;
	if (call->size < rule->size_min || call->size > rule->size_max)
		return UL_CONDITION_SIZE;
	if (rule->has_prot && (call->prot & rule->prot) != rule->prot)
		return UL_CONDITION_PROT;
	if (rule->path &&
	    (!call->path || !ul_glob_file(rule->path, call->path)))
		return UL_CONDITION_PATH;
	if (!stack_fits(rule, call, stack))
		return UL_CONDITION_FRAMES;
	return UL_CONDITION_NONE;
}

static bool is_nth(const struct ul_policy_rule *rule, uint64_t *counters)
{
	if (!rule->nth || !counters)
		return true;
	return __atomic_add_fetch(&counters[rule->index], 1,
				  __ATOMIC_RELAXED) == rule->nth;
}

const struct ul_policy_rule *ul_policy_match(const struct ul_policy *policy,
					     const struct ul_policy_call *call,
					     uint64_t *counters)
{
	struct ul_match_stack stack = { false, NULL, 0 };
	const struct ul_policy_rule *rule;
	size_t i;

	if (call->size < policy->min_size)
		return NULL;
	for (i = 0; i < policy->n_rules; i++) {
		rule = &policy->rules[i];
		if (ul_match_condition(rule, call, &stack) !=
			    UL_CONDITION_NONE ||
		    !is_nth(rule, counters))
			continue;
		if (call->call == UL_CALL_MMAP_FILE && rule->for_file)
			return rule->for_file;
		return rule;
	}
	return NULL;
}

/* A rule that keeps memory plain is as good as no match, unless it counts. */
static bool matters(const struct ul_policy_rule *rule, enum ul_call call)
{
	return rule->calls & call && (rule->lazy || rule->nth);
}

uint64_t ul_policy_threshold(const struct ul_policy *policy,
			     enum ul_call call)
{
	uint64_t least = UINT64_MAX;
	size_t i;

	for (i = 0; i < policy->n_rules; i++)
		if (matters(&policy->rules[i], call) &&
		    policy->rules[i].size_min < least)
			least = policy->rules[i].size_min;
	return least < policy->min_size ? policy->min_size : least;
}

bool ul_policy_may_match(const struct ul_policy *policy, enum ul_call call,
			 uint64_t size)
{
	const struct ul_policy_rule *rule;
	size_t i;

	if (size < policy->min_size)
		return false;
	for (i = 0; i < policy->n_rules; i++) {
		rule = &policy->rules[i];
		if (matters(rule, call) && size >= rule->size_min &&
		    size <= rule->size_max)
			return true;
	}
	return false;
}

bool ul_policy_selects(const struct ul_policy *policy, const char *program)
{
	const char *name = strrchr(program, '/');
	size_t i;

	if (!policy->n_programs)
		return true;
	for (i = 0; i < policy->n_programs; i++)
		if (ul_glob_name(policy->programs[i],
				 name ? name + 1 : program))
			return true;
	return false;
}
