/* SPDX-License-Identifier: MIT */
/*
 * expect.h - what the tests of the policy say and count
 */
#ifndef UL_EXPECT_H
#define UL_EXPECT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

static int failures;

#define EXPECT(what) expect_that((what), #what, __FILE__, __LINE__)

static inline void expect_that(bool holds, const char *what, const char *file,
			       int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	failures++;
}

/* A policy that must parse; the test ends where it does not. */
static inline struct ul_policy *expect_policy(const char *text)
{
	struct ul_policy *policy;
	char message[512];

	if (ul_policy_parse(text, strlen(text), "test", "/folder", &policy,
			    message, sizeof(message))) {
		fprintf(stderr, "refused: %s\n%s\n", message, text);
		exit(1);
	}
	EXPECT(!*message);
	return policy;
}

static inline int expect_done(void)
{
	return failures ? 1 : 0;
}

#endif
