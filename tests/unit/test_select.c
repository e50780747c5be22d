/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the shim decides with a reader of its own whether a program is
 * meant. It may say yes too often (the engine decides again), never no where
 * the policy means yes.
 */
#include "config.h"

#include "preload/engine_load.h"
#include "tests/unit/check.h"

static bool selected(const char *policy, const char *program)
{
	return ul_select_in(policy, strlen(policy), program);
}

/* A byte of 0 is no blank, for the engine refuses it. */
static void test_zeros(void)
{
	static const char before[] = "\0{ \"programs\": [\"x\"] }";
	static const char between[] = "{ \"programs\":\0[\"x\"] }";

	CHECK(ul_select_in(before, sizeof(before) - 1, "sort"));
	CHECK(ul_select_in(between, sizeof(between) - 1, "sort"));
}

int main(void)
{
	const char *two = "{ \"version\": 1, \"programs\": [\"look\", "
			  "\"python3*\"], \"min_size\": \"1MiB\" }";

	CHECK(selected(two, "look"));
	CHECK(selected(two, "python3.11"));
	CHECK(!selected(two, "sort"));
	CHECK(!selected(two, "lookup"));
	/* No such key, or nobody named: everybody. */
	CHECK(selected("{ \"version\": 1 }", "sort"));
	CHECK(selected("{ \"programs\": [] }", "sort"));
	/* One alone needs no array. */
	CHECK(selected("{ \"programs\": \"so*\" }", "sort"));
	CHECK(!selected("{ \"programs\": \"x\" }", "sort"));
	CHECK(selected("{ \"programs\": \"/bin/x\" }", "sort"));
	/* The key counts in the outermost object alone. */
	CHECK(selected("{ \"stores\": { \"programs\": [\"x\"] } }", "sort"));
	CHECK(!selected("{ \"a\": [ { \"b\": \"}]\" } ], \"programs\": "
			"[\"x\"] }",
			"sort"));
	/* A bracket or a quote inside a string ends nothing. */
	CHECK(!selected("{ \"a\": \"\\\"]}{[\", \"programs\": [\"x\"] }",
			"sort"));
	/* Whatever is not understood is left to the engine. */
	CHECK(selected("", "sort"));
	CHECK(selected("[]", "sort"));
	CHECK(selected("{ \"programs\": 1 }", "sort"));
	CHECK(selected("{ \"programs\": [ 1 ] }", "sort"));
	CHECK(selected("{ \"programs\": [ \"\" ] }", "sort"));
	CHECK(selected("{ \"programs\": [ \"x\001\" ] }", "sort"));
	CHECK(selected("{ \"programs\": [ \"x\xff\" ] }", "sort"));
	CHECK(selected("{ \"programs\": [ \"x\\u0041\" ] }", "sort"));
	/* So is a pattern that the engine refuses. */
	CHECK(selected("{ \"programs\": [ \"/bin/x\" ] }", "sort"));
	CHECK(selected("{ \"programs\": [ \"x\", \"y[\" ] }", "sort"));
	CHECK(selected("{ \"programs\": [ \"x[b-a]\" ] }", "sort"));
	CHECK(!selected("{ \"programs\": [ \"x[ab]\", \"y*\" ] }", "sort"));
	CHECK(selected("{ \"programs\": [ \"x\" ", "sort"));
	CHECK(selected("{ \"programs\": [ \"x", "sort"));
	CHECK(selected("{ \"progr\\u0061ms\": [\"x\"] }", "sort"));
	test_zeros();
	return 0;
}
