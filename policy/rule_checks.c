/* SPDX-License-Identifier: MIT */
/*
 * rule_checks.c - what no key of a rule can say alone
 *
 * A rule that could only do harm, or that never does anything, is refused
 * here rather than found out at night.
 */
#include "policy/reader.h"

#include <sys/mman.h>

/* Without "call", a rule is for the calls its other conditions can hold for. */
static unsigned int calls_meant(const struct ul_policy_rule *rule)
{
	if (rule->path)
		return UL_CALL_MMAP_FILE;
	if (rule->has_prot)
		return UL_CALL_MMAP_ANON | UL_CALL_MMAP_FILE;
	return UL_CALL_ALL;
}

static int check_match(struct ul_reader *reader, struct ul_rule_draft *draft)
{
	struct ul_policy_rule *rule = draft->rule;
	struct ul_at match = { draft->at, "match", 0 };
	struct ul_at path = { &match, "path", 0 };
	struct ul_at prot = { &match, "prot", 0 };
	struct ul_at size = { &match, "size", 0 };

	if (!draft->has_call)
		rule->calls = calls_meant(rule);
	if (rule->path && rule->calls != UL_CALL_MMAP_FILE)
		return ul_complain_value(reader, &path,
			"only a mapped file has a path; expected \"call\": "
			"\"mmap-file\" alone beside it");
	if (rule->has_prot && rule->calls & UL_CALL_MALLOC)
		return ul_complain_value(reader, &prot,
			"malloc asks for no protection; expected \"call\": "
			"\"mmap-anon\", \"mmap-file\" or both beside it");
	if (draft->has_size && rule->size_max < reader->policy->min_size)
		return ul_complain_value(reader, &size,
			"no call can match: this is %llu bytes at the most, "
			"and min_size leaves what is smaller than %llu plain; "
			"expected more here, or a smaller min_size",
			(unsigned long long)rule->size_max,
			(unsigned long long)reader->policy->min_size);
	return 0;
}

static int check_plain(struct ul_reader *reader,
		       const struct ul_rule_draft *draft)
{
	const struct {
		bool given;
		const char *key;
	} useless[] = {
		{ draft->store, "store" },
		{ draft->has_offset, "offset" },
		{ draft->has_granule, "granule" },
		{ draft->has_readahead, "readahead" },
		{ draft->has_direct, "direct" },
	};
	struct ul_at at = { draft->at, NULL, 0 };
	size_t i;

	for (i = 0; i < sizeof(useless) / sizeof(*useless); i++) {
		if (!useless[i].given)
			continue;
		at.key = useless[i].key;
		return ul_complain_key(reader, &at,
			"a rule with \"lazy\": false leaves memory plain and "
			"fills nothing; expected one of the two keys, not "
			"both");
	}
	return 0;
}

static int check_store(struct ul_reader *reader,
		       const struct ul_rule_draft *draft)
{
	const struct ul_policy_rule *rule = draft->rule;
	struct ul_at at = { draft->at, "store", 0 };

	if (!draft->store)
		return 0;
	if (draft->store->type == UL_STORE_ZERO &&
	    rule->calls & UL_CALL_MMAP_FILE)
		return ul_complain_value(reader, &at,
			"a mapped file filled with zeros would be wrong "
			"bytes, and this rule is for mapped files too; "
			"expected \"self\", a store of the file's bytes, or "
			"\"call\" without \"mmap-file\"");
	if (draft->store->type == UL_STORE_SELF &&
	    rule->calls != UL_CALL_MMAP_FILE)
		return ul_complain_value(reader, &at,
			"\"self\" is the mapped file, and this rule is for "
			"memory without a file too; expected \"call\": "
			"\"mmap-file\" in match, or another store");
	return 0;
}

static int check_offset(struct ul_reader *reader,
			const struct ul_rule_draft *draft)
{
	const struct ul_policy_store *store = draft->rule->store;
	struct ul_at at = { draft->at, "offset", 0 };

	if (!draft->has_offset)
		return 0;
	if (!store->path)
		return ul_complain_key(reader, &at,
			"the store \"%s\" is built in and takes no offset; "
			"expected a store of type \"file\" or \"blob\"",
			store->name);
	if (store->length != UL_LENGTH_TO_END &&
	    draft->rule->offset >= store->length)
		return ul_complain_value(reader, &at,
			"lies behind the end of the store \"%s\"; expected "
			"less than its length, %llu bytes", store->name,
			(unsigned long long)store->length);
	return 0;
}

#define PAGE ((uint64_t)4096)

/* Which of the numbers that say where the memory begins in the file is at
 * fault: the store's can be right by itself, and both together wrong. */
static int check_direct_place(struct ul_reader *reader,
			      const struct ul_rule_draft *draft)
{
	const struct ul_policy_store *store = draft->rule->store;
	struct ul_at offset = { draft->at, "offset", 0 };
	struct ul_at direct = { draft->at, "direct", 0 };
	uint64_t place = store->offset + draft->rule->offset;

	if (place % PAGE && draft->has_offset)
		return ul_complain_value(reader, &offset,
			"with \"direct\" the memory begins at a page of the "
			"file, and this is byte %llu of it; expected a "
			"multiple of 4KiB, with the store's own offset",
			(unsigned long long)place);
	if (place % PAGE)
		return ul_complain_value(reader, &direct,
			"the store \"%s\" begins at byte %llu of its file; "
			"expected one whose offset is a multiple of 4KiB",
			store->name, (unsigned long long)place);
	if (store->length != UL_LENGTH_TO_END && store->length % PAGE)
		return ul_complain_value(reader, &direct,
			"the store \"%s\" has %llu bytes, and the kernel maps "
			"whole pages; expected one whose length is a multiple "
			"of 4KiB, or that goes to the end of its file",
			store->name, (unsigned long long)store->length);
	return 0;
}

/* The kernel does all of it: what it cannot do is refused, and so is what
 * would have no effect. */
static int check_direct(struct ul_reader *reader,
			const struct ul_rule_draft *draft)
{
	const struct ul_policy_store *store = draft->rule->store;
	struct ul_at at = { draft->at, "direct", 0 };

	if (!draft->rule->direct)
		return 0;
	if (store->type == UL_STORE_SELF)
		return ul_complain_value(reader, &at,
			"the mapped file mapped by the kernel is plain "
			"memory; expected \"lazy\": false in its place, or a "
			"store of type \"file\"");
	if (store->type != UL_STORE_FILE)
		return ul_complain_value(reader, &at,
			"the kernel cannot map the store \"%s\", which is %s; "
			"expected a store of type \"file\"", store->name,
			store->type == UL_STORE_BLOB ? "a blob" : "zeros");
	if (store->timeout_ms)
		return ul_complain_value(reader, &at,
			"the kernel reads the pages, and the timeout of the "
			"store \"%s\" would not be kept; expected a store "
			"without one", store->name);
	if (draft->has_granule || draft->has_readahead) {
		at.key = draft->has_granule ? "granule" : "readahead";
		return ul_complain_key(reader, &at,
			"with \"direct\" the kernel decides how much it "
			"reads; expected one of the two keys, not both");
	}
	return check_direct_place(reader, draft);
}

int ul_rule_check(struct ul_reader *reader, struct ul_rule_draft *draft)
{
	struct ul_policy_rule *rule = draft->rule;
	int error = check_match(reader, draft);

	if (!error && !rule->lazy)
		error = check_plain(reader, draft);
	if (!error)
		error = check_store(reader, draft);
	if (error)
		return error;
	rule->store = draft->store;
	if (!rule->store)
		rule->store = ul_stores_find(reader->policy,
			rule->calls == UL_CALL_MMAP_FILE ? "self" : "zero");
	error = check_offset(reader, draft);
	return error ? error : check_direct(reader, draft);
}
