/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the first rule that matches wins, each condition counts, nth
 * counts only what meets the rest, and the call stack, which is dear, is asked
 * for once at most and only when all else fits.
 */
#include <errno.h>
#include <sys/mman.h>

#include "tests/policy/expect.h"

static const struct ul_policy_frame stack[] = {
	{ "malloc_wrapper", "/usr/lib/libwrap.so.1" },
	{ "build_index", "/opt/lib/libidx.so.2" },
	{ NULL, "/opt/lib/libquiet.so" },
	{ "main", "/usr/bin/look" },
};
static unsigned int asked;

static size_t frames(void *context, const struct ul_policy_frame **out)
{
	(void)context;
	asked++;
	*out = stack;
	return sizeof(stack) / sizeof(*stack);
}

/* The name of the rule that a call meets, or "plain". */
static const char *met(const struct ul_policy *policy, enum ul_call call,
		       uint64_t size, int prot, const char *path,
		       uint64_t *counters)
{
	struct ul_policy_call what = { call, size, prot, path, frames, NULL };
	const struct ul_policy_rule *rule;

	asked = 0;
	rule = ul_policy_match(policy, &what, counters);
	return rule ? rule->name : "plain";
}

static bool is(const char *name, const char *wanted)
{
	if (!strcmp(name, wanted))
		return true;
	fprintf(stderr, "met \"%s\", not \"%s\"\n", name, wanted);
	return false;
}

#define MIB ((uint64_t)1 << 20)

static void test_conditions(void)
{
	struct ul_policy *policy = expect_policy(
		"{ \"version\": 1, \"rules\": ["
		"{ \"name\": \"words\", \"match\": { \"call\": \"mmap-file\","
		"  \"path\": \"/usr/share/dict/*\" } },"
		"{ \"name\": \"jit\", \"match\": { \"prot\": \"x\","
		"  \"call\": \"mmap-anon\" }, \"lazy\": false },"
		"{ \"name\": \"four\", \"match\": { \"call\": \"malloc\","
		"  \"size\": \"4MiB\" } },"
		"{ \"name\": \"range\", \"match\": { \"call\": \"malloc\","
		"  \"size\": { \"min\": \"8MiB\", \"max\": \"16MiB\" } } },"
		"{ \"name\": \"rest\", \"match\":"
		"  { \"call\": [\"malloc\", \"mmap-anon\"] } } ] }");
	int rw = PROT_READ | PROT_WRITE;

	EXPECT(is(met(policy, UL_CALL_MMAP_FILE, MIB, PROT_READ,
		      "/usr/share/dict/words", NULL), "words"));
	EXPECT(is(met(policy, UL_CALL_MMAP_FILE, MIB, PROT_READ,
		      "/usr/share/words", NULL), "plain"));
	EXPECT(is(met(policy, UL_CALL_MMAP_FILE, MIB, PROT_READ, NULL, NULL),
		  "plain"));
	EXPECT(is(met(policy, UL_CALL_MMAP_ANON, MIB, rw | PROT_EXEC, NULL,
		      NULL), "jit"));
	EXPECT(is(met(policy, UL_CALL_MMAP_ANON, MIB, rw, NULL, NULL),
		  "rest"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, 4 * MIB, 0, NULL, NULL),
		  "four"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, 4 * MIB + 1, 0, NULL, NULL),
		  "rest"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, 8 * MIB, 0, NULL, NULL),
		  "range"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, 16 * MIB, 0, NULL, NULL),
		  "range"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, 16 * MIB + 1, 0, NULL, NULL),
		  "rest"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, MIB - 1, 0, NULL, NULL),
		  "plain"));
	EXPECT(!asked);
	ul_policy_free(policy);
}

static void test_frames(void)
{
	struct ul_policy *policy = expect_policy(
		"{ \"version\": 1, \"rules\": ["
		"{ \"match\": { \"caller\": \"main\","
		"               \"object\": \"libidx.so*\" } },"
		"{ \"match\": { \"object\": \"/opt/lib/nothing*\" } },"
		"{ \"match\": { \"object\": \"/opt/**/libquiet.so\","
		"               \"size\": \"3MiB\" } },"
		"{ \"match\": { \"caller\": \"build_*\","
		"               \"object\": \"libidx.so*\" } },"
		"{ \"name\": \"late\" } ] }");
	struct ul_policy_call blind = { UL_CALL_MALLOC, MIB, 0, NULL, NULL,
					NULL };

	EXPECT(is(met(policy, UL_CALL_MALLOC, MIB, 0, NULL, NULL), "rule 3"));
	EXPECT(asked == 1);
	EXPECT(is(met(policy, UL_CALL_MALLOC, 3 * MIB, 0, NULL, NULL),
		  "rule 2"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, 1, 0, NULL, NULL), "plain"));
	EXPECT(!asked);
	EXPECT(is(ul_policy_match(policy, &blind, NULL)->name, "late"));
	ul_policy_free(policy);
}

static void test_nth(void)
{
	struct ul_policy *policy = expect_policy(
		"{ \"version\": 1, \"rules\": ["
		"{ \"name\": \"second\", \"match\": { \"nth\": 2,"
		"  \"size\": { \"min\": \"2MiB\" } } },"
		"{ \"name\": \"rest\" } ] }");
	uint64_t counters[2] = { 0, 0 };

	EXPECT(is(met(policy, UL_CALL_MALLOC, MIB, 0, NULL, counters),
		  "rest"));
	EXPECT(counters[0] == 0);
	EXPECT(is(met(policy, UL_CALL_MALLOC, 2 * MIB, 0, NULL, counters),
		  "rest"));
	EXPECT(is(met(policy, UL_CALL_MMAP_ANON, 2 * MIB, 0, NULL, counters),
		  "second"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, 2 * MIB, 0, NULL, counters),
		  "rest"));
	EXPECT(counters[0] == 3 && counters[1] == 0);
	EXPECT(is(met(policy, UL_CALL_MALLOC, 2 * MIB, 0, NULL, NULL),
		  "second"));
	ul_policy_free(policy);
}

/* A rule for all calls without a store: nobody gets a NULL, and a mapped file
 * never zeros. */
static void test_natural_store(void)
{
	struct ul_policy *policy = expect_policy(
		"{ \"version\": 1, \"rules\": [ { \"lazy\": false,"
		"  \"match\": { \"size\": \"2MiB\" } }, {} ] }");
	struct ul_policy_call call = { UL_CALL_MALLOC, MIB, 0, NULL, NULL,
				       NULL };
	const struct ul_policy_rule *rule = ul_policy_match(policy, &call,
							    NULL);

	EXPECT(rule->store->type == UL_STORE_ZERO && rule->index == 1);
	call.call = UL_CALL_MMAP_FILE;
	rule = ul_policy_match(policy, &call, NULL);
	EXPECT(rule->store->type == UL_STORE_SELF && rule->index == 1);
	EXPECT(!strcmp(rule->name, "rule 1"));
	ul_policy_free(policy);
}

static void test_may_match(void)
{
	struct ul_policy *policy = expect_policy(
		"{ \"version\": 1, \"min_size\": 4096, \"rules\": ["
		"{ \"match\": { \"call\": \"mmap-anon\" }, \"lazy\": false },"
		"{ \"match\": { \"call\": \"malloc\","
		"  \"size\": { \"max\": 8192 } } } ] }");

	EXPECT(!ul_policy_may_match(policy, UL_CALL_MALLOC, 4095));
	EXPECT(ul_policy_may_match(policy, UL_CALL_MALLOC, 4096));
	EXPECT(!ul_policy_may_match(policy, UL_CALL_MALLOC, 8193));
	EXPECT(!ul_policy_may_match(policy, UL_CALL_MMAP_ANON, 8192));
	EXPECT(!ul_policy_may_match(policy, UL_CALL_MMAP_FILE, 8192));
	EXPECT(ul_policy_threshold(policy, UL_CALL_MALLOC) == 4096);
	EXPECT(ul_policy_threshold(policy, UL_CALL_MMAP_ANON) == UINT64_MAX);
	ul_policy_free(policy);
	policy = expect_policy(
		"{ \"version\": 1, \"rules\": ["
		"{ \"match\": { \"call\": \"malloc\", \"size\": \"8MiB\" } },"
		"{ \"match\": { \"call\": \"malloc\","
		"  \"size\": { \"min\": \"4MiB\" } } } ] }");
	EXPECT(ul_policy_threshold(policy, UL_CALL_MALLOC) == 4 * MIB);
	ul_policy_free(policy);
}

static void test_builtin(void)
{
	struct ul_policy *policy = ul_policy_builtin();

	EXPECT(policy->stubs && policy->min_size == MIB);
	EXPECT(!strcmp(policy->source, "built-in"));
	EXPECT(ul_policy_selects(policy, "anything"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, MIB, 0, NULL, NULL),
		  "built-in"));
	EXPECT(is(met(policy, UL_CALL_MMAP_ANON, MIB, 0, NULL, NULL),
		  "built-in"));
	EXPECT(is(met(policy, UL_CALL_MMAP_FILE, MIB, 0, "/f", NULL),
		  "plain"));
	EXPECT(is(met(policy, UL_CALL_MALLOC, MIB - 1, 0, NULL, NULL),
		  "plain"));
	ul_policy_free(policy);
}

static void test_selects(void)
{
	struct ul_policy *policy = expect_policy(
		"{ \"version\": 1, \"programs\": [\"look\", \"python3*\"] }");

	EXPECT(ul_policy_selects(policy, "look"));
	EXPECT(ul_policy_selects(policy, "python3.11"));
	EXPECT(ul_policy_selects(policy, "/usr/bin/look"));
	EXPECT(!ul_policy_selects(policy, "looks"));
	EXPECT(!ul_policy_selects(policy, ""));
	ul_policy_free(policy);
}

int main(void)
{
	errno = 4711;
	test_conditions();
	test_frames();
	test_nth();
	test_natural_store();
	test_may_match();
	test_builtin();
	test_selects();
	EXPECT(errno == 4711);
	return expect_done();
}
