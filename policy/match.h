/* SPDX-License-Identifier: MIT */
/*
 * match.h - one rule against one call: what uffdlazy-check explains with
 */
#ifndef UL_MATCH_H
#define UL_MATCH_H

#include "policy/policy.h"

/* The conditions of a rule, in the order they are looked at: the cheap ones
 * first, the call stack last. */
enum ul_condition {
	UL_CONDITION_NONE,		/* all of them hold */
	UL_CONDITION_CALL,
	UL_CONDITION_SIZE,
	UL_CONDITION_PROT,
	UL_CONDITION_PATH,
	UL_CONDITION_FRAMES,		/* caller, object */
};

/* The call stack, once it was asked for. Zero at first. */
struct ul_match_stack {
	bool asked;
	const struct ul_policy_frame *frames;
	size_t n;
};

/* The first condition of the rule that does not hold. nth is not among them:
 * it counts the calls for which all of these do. Context: any hook. */
enum ul_condition ul_match_condition(const struct ul_policy_rule *rule,
				     const struct ul_policy_call *call,
				     struct ul_match_stack *stack);

#endif
