/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what a policy says must arrive in the model: every key, in every
 * form that uffdlazy-policy(5) allows, and every default. What is refused, and
 * with which words, is the matter of bad.sh.
 */
#include <errno.h>
#include <sys/mman.h>

#include "tests/policy/expect.h"

static const char everything[] =
	"{ \"version\": 1,\n"
	"  \"programs\": [\"look\", \"python3*\"],\n"
	"  \"min_size\": \"64KiB\",\n"
	"  \"stubs\": [\"/srv/blobs\", \"blobs\"],\n"
	"  \"workers\": 3,\n"
	"  \"record\": \"touches.%p\",\n"
	"  \"replay\": \"${UL_TEST_BLOBS}/touches\",\n"
	"  \"fault\": \"thread\",\n"
	"  \"rules\": [\n"
	"    { \"name\": \"dictionary\", \"match\": { \"call\": \"mmap-file\",\n"
	"      \"path\": \"${UL_TEST_SHARE}/dict/*\", \"nth\": 3 },\n"
	"      \"store\": \"words\", \"offset\": \"4KiB\",\n"
	"      \"granule\": \"64KiB\", \"readahead\": \"256KiB\" },\n"
	"    { \"match\": { \"call\": [\"malloc\", \"mmap-anon\"],\n"
	"      \"size\": { \"min\": \"1MiB\", \"max\": \"1GiB\" },\n"
	"      \"caller\": \"f\", \"object\": \"libf.so*\" },\n"
	"      \"store\": \"table\", \"readahead\": \"off\" },\n"
	"    { \"match\": { \"prot\": \"xr\", \"size\": 65536 },\n"
	"      \"lazy\": false } ],\n"
	"  \"stores\": {\n"
	"    \"words\": { \"type\": \"blob\", \"path\": \"words.zst\",\n"
	"      \"timeout\": \"1.5s\" },\n"
	"    \"table\": { \"type\": \"file\", \"path\": \"/t/$$x\",\n"
	"      \"offset\": \"4KiB\", \"length\": 8192, \"timeout\": 250 } } }";

static void test_top(const struct ul_policy *policy)
{
	EXPECT(!strcmp(policy->source, "test"));
	EXPECT(policy->n_programs == 2);
	EXPECT(!strcmp(policy->programs[1], "python3*"));
	EXPECT(policy->min_size == 65536);
	EXPECT(policy->stubs && policy->n_stub_folders == 2);
	EXPECT(!strcmp(policy->stub_folders[0], "/srv/blobs"));
	EXPECT(!strcmp(policy->stub_folders[1], "/folder/blobs"));
	EXPECT(policy->workers == 3);
	EXPECT(policy->fault == UL_FAULT_THREAD);
	EXPECT(!strcmp(policy->record, "/folder/touches.%p"));
	EXPECT(!strcmp(policy->replay, "/srv/blobs/touches"));
}

static void test_stores(const struct ul_policy *policy)
{
	const struct ul_policy_store *store = policy->stores;

	EXPECT(policy->n_stores == 4);
	EXPECT(!strcmp(store[0].name, "zero") && !store[0].path);
	EXPECT(!strcmp(store[1].name, "self") && !store[1].path);
	EXPECT(store[0].type == UL_STORE_ZERO);
	EXPECT(store[1].type == UL_STORE_SELF);
	EXPECT(!strcmp(store[2].name, "words"));
	EXPECT(store[2].type == UL_STORE_BLOB);
	EXPECT(!strcmp(store[2].path, "/folder/words.zst"));
	EXPECT(store[2].offset == 0 && store[2].length == UL_LENGTH_TO_END);
	EXPECT(store[2].timeout_ms == 1500);
	EXPECT(store[3].type == UL_STORE_FILE);
	EXPECT(!strcmp(store[3].path, "/t/$x"));
	EXPECT(store[3].offset == 4096 && store[3].length == 8192);
	EXPECT(store[3].timeout_ms == 250);
}

static void test_rules(const struct ul_policy *policy)
{
	const struct ul_policy_rule *rule = policy->rules;

	EXPECT(policy->n_rules == 3);
	EXPECT(!strcmp(rule->name, "dictionary") && rule->index == 0);
	EXPECT(rule->calls == UL_CALL_MMAP_FILE && rule->lazy);
	EXPECT(!strcmp(rule->path, "/s\\[1]/dict/*"));
	EXPECT(rule->nth == 3 && rule->store == &policy->stores[2]);
	EXPECT(rule->offset == 4096 && rule->granule == 65536);
	EXPECT(rule->readahead == UL_READAHEAD_FIXED);
	EXPECT(rule->readahead_size == 262144);
	EXPECT(!rule->has_prot && !rule->caller && !rule->object);
	rule++;
	EXPECT(!strcmp(rule->name, "rule 1") && rule->index == 1);
	EXPECT(rule->calls == (UL_CALL_MALLOC | UL_CALL_MMAP_ANON));
	EXPECT(rule->size_min == 1 << 20 && rule->size_max == 1 << 30);
	EXPECT(!strcmp(rule->caller, "f") && !strcmp(rule->object, "libf.so*"));
	EXPECT(rule->readahead == UL_READAHEAD_OFF && rule->granule == 0);
	EXPECT(rule->store == &policy->stores[3] && rule->nth == 0);
	rule++;
	EXPECT(rule->calls == (UL_CALL_MMAP_ANON | UL_CALL_MMAP_FILE));
	EXPECT(rule->has_prot && rule->prot == (PROT_READ | PROT_EXEC));
	EXPECT(rule->size_min == 65536 && rule->size_max == 65536);
	EXPECT(!rule->lazy && rule->store);
}

static void test_defaults(void)
{
	struct ul_policy *policy = expect_policy(
		"{\"version\":1,\"rules\":[{}]}");
	const struct ul_policy_rule *rule = policy->rules;

	EXPECT(policy->min_size == 1 << 20 && policy->stubs);
	EXPECT(policy->n_programs == 0 && policy->workers == 0);
	EXPECT(policy->n_stores == 2 && policy->n_stub_folders == 0);
	EXPECT(!policy->record && !policy->replay);
	EXPECT(rule->calls == UL_CALL_ALL && rule->lazy && !rule->direct);
	EXPECT(rule->size_min == 0 && rule->size_max == UINT64_MAX);
	EXPECT(rule->store->type == UL_STORE_ZERO);
	EXPECT(rule->for_file->store->type == UL_STORE_SELF);
	EXPECT(rule->readahead == UL_READAHEAD_ADAPTIVE);
	ul_policy_free(policy);

	policy = expect_policy("{\"version\":1}");
	EXPECT(policy->n_rules == 1 && policy->n_stores == 2);
	EXPECT(!strcmp(policy->rules->name, "built-in"));
	EXPECT(policy->rules->calls == (UL_CALL_MALLOC | UL_CALL_MMAP_ANON));
	EXPECT(policy->rules->store == &policy->stores[0]);
	ul_policy_free(policy);
	policy = expect_policy("{\"version\":1,\"rules\":[]}");
	EXPECT(policy->n_rules == 0 && policy->n_stores == 2);
	ul_policy_free(policy);
	policy = expect_policy("{\"version\":1,\"stubs\":false,"
			       "\"programs\":\"look\"}");
	EXPECT(!policy->stubs && policy->n_programs == 1);
	ul_policy_free(policy);
}

/* However little room there is, the message ends, and in a whole character. */
static void test_small_message(void)
{
	static const char text[] = "{\"version\":1,\"\xc3\xa9\xc3\xa9\":2}";
	struct ul_policy *policy;
	char message[64];
	size_t size;

	for (size = 0; size < sizeof(message); size++) {
		memset(message, 'x', sizeof(message));
		EXPECT(ul_policy_parse(text, strlen(text), "t", "/", &policy,
				       message, size) == -EINVAL);
		EXPECT(!policy && message[size] == 'x');
		EXPECT(!size || strlen(message) < size);
	}
}

int main(void)
{
	struct ul_policy *policy;

	setenv("UL_TEST_SHARE", "/s[1]", 1);
	setenv("UL_TEST_BLOBS", "/srv/blobs", 1);
	errno = 4711;
	policy = expect_policy(everything);
	test_top(policy);
	test_stores(policy);
	test_rules(policy);
	ul_policy_free(policy);
	test_defaults();
	test_small_message();
	EXPECT(errno == 4711);
	return expect_done();
}
