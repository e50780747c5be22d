/* SPDX-License-Identifier: MIT */
#include "policy/keys.h"

#include <string.h>

/* Read in this order: a rule names stores, so stores come first, and a newer
 * version is told before its new keys are called unknown. */
const struct ul_policy_key ul_policy_keys[] = {
	{ UL_KEYS_TOP, "version", true, "number", "", "1", "none: required",
	  "the version of the format", ul_read_version },
	{ UL_KEYS_TOP, "programs", false, "pattern or list of patterns", "",
	  "names without '/'", "every program",
	  "which programs are meant, by their file name", ul_read_programs },
	{ UL_KEYS_TOP, "min_size", false, "size", "bytes",
	  "0 to 16EiB - 1", "1MiB",
	  "smaller calls are left plain, whatever the rules say",
	  ul_read_min_size },
	{ UL_KEYS_TOP, "stubs", false, "true, false or list of paths", "",
	  "folders", "true",
	  "serve stubs from their blobs; a list: blobs may lie there too",
	  ul_read_stubs },
	{ UL_KEYS_TOP, "workers", false, "number", "threads", "0 to 64",
	  "0: as many as CPUs", "threads that serve faults", ul_read_workers },
	{ UL_KEYS_TOP, "record", false, "path", "", "a file", "none",
	  "write down what is touched, and when", ul_read_record },
	{ UL_KEYS_TOP, "replay", false, "path", "", "a file", "none",
	  "fill ahead what such a record tells", ul_read_replay },
	{ UL_KEYS_TOP, "fault", false, "word", "", "thread", "thread",
	  "who serves a fault", ul_read_fault },
	{ UL_KEYS_TOP, "stores", false, "object", "", "names to stores",
	  "none but zero and self", "where bytes come from", ul_read_stores },
	{ UL_KEYS_TOP, "rules", false, "list of objects", "", "rules",
	  "the built-in rule", "the first that matches wins",
	  ul_read_rules },

	{ UL_KEYS_STORE, "type", true, "word", "", "file, blob",
	  "none: required", "what lies at path", ul_read_store_type },
	{ UL_KEYS_STORE, "path", true, "path", "", "a file",
	  "none: required", "the file that has the bytes",
	  ul_read_store_path },
	{ UL_KEYS_STORE, "offset", false, "size", "bytes",
	  "0 to 8EiB - 1", "0", "where in the (unpacked) file the store begins",
	  ul_read_store_offset },
	{ UL_KEYS_STORE, "length", false, "size", "bytes",
	  "1 to 8EiB - 1", "to the end of the file",
	  "how much of the (unpacked) file the store has",
	  ul_read_store_length },
	{ UL_KEYS_STORE, "timeout", false, "time", "milliseconds",
	  "0 to 24h", "0: wait without end",
	  "a page that takes longer is an I/O error", ul_read_store_timeout },

	{ UL_KEYS_RULE, "name", false, "string", "", "each name once",
	  "\"rule N\"", "what the tools call the rule", ul_read_rule_name },
	{ UL_KEYS_RULE, "match", false, "object", "", "conditions",
	  "every call", "which calls the rule is for: all of these hold",
	  ul_read_match },
	{ UL_KEYS_RULE, "lazy", false, "true or false", "", "true, false",
	  "true", "false: leave what matches plain", ul_read_lazy },
	{ UL_KEYS_RULE, "store", false, "name", "",
	  "a name in stores, zero, self",
	  "zero; self for a mapped file", "where the bytes come from",
	  ul_read_rule_store },
	{ UL_KEYS_RULE, "offset", false, "size", "bytes",
	  "0 to 8EiB - 1", "0", "where in the store the memory begins",
	  ul_read_rule_offset },
	{ UL_KEYS_RULE, "granule", false, "size", "bytes",
	  "4KiB to 2MiB, a power of two", "the engine's choice",
	  "how much is filled for one fault", ul_read_granule },
	{ UL_KEYS_RULE, "readahead", false, "word or size", "bytes",
	  "off, adaptive, 4KiB to 1GiB in steps of 4KiB", "adaptive",
	  "how much is filled ahead of the faults", ul_read_readahead },
	{ UL_KEYS_RULE, "direct", false, "true or false", "", "true, false",
	  "false", "true: let the kernel map the store's file",
	  ul_read_direct },

	{ UL_KEYS_MATCH, "call", false, "word or list of words", "",
	  "malloc, mmap-anon, mmap-file",
	  "every call that the other conditions can hold for",
	  "how the memory was asked for", ul_read_call },
	{ UL_KEYS_MATCH, "size", false, "size or object", "bytes",
	  "1 to 16EiB - 1", "any size",
	  "how much was asked for: exactly this, or min and max",
	  ul_read_size },
	{ UL_KEYS_MATCH, "prot", false, "string", "",
	  "r, w, x, each at most once", "any protection",
	  "protections that must all be asked for (mmap-anon, mmap-file)",
	  ul_read_prot },
	{ UL_KEYS_MATCH, "path", false, "pattern", "",
	  "a name, or a whole path", "any file",
	  "the mapped file (mmap-file)", ul_read_match_path },
	{ UL_KEYS_MATCH, "caller", false, "pattern", "", "a function's name",
	  "any caller", "a function on the call stack", ul_read_caller },
	{ UL_KEYS_MATCH, "object", false, "pattern", "",
	  "a name, or a whole path", "any object",
	  "the program or shared object that the function is in",
	  ul_read_object },
	{ UL_KEYS_MATCH, "nth", false, "number", "calls",
	  "1 to 9223372036854775807", "every call",
	  "only the nth call that meets all the rest", ul_read_nth },

	{ UL_KEYS_SIZE, "min", false, "size", "bytes", "0 to 16EiB - 1", "0",
	  "this much or more", ul_read_size_min },
	{ UL_KEYS_SIZE, "max", false, "size", "bytes", "1 to 16EiB - 1",
	  "16EiB - 1", "this much or less", ul_read_size_max },
};

const size_t ul_policy_n_keys =
	sizeof(ul_policy_keys) / sizeof(ul_policy_keys[0]);

const char *ul_policy_scope_name(enum ul_key_scope scope)
{
	static const char *const names[UL_KEYS_N] = {
		[UL_KEYS_TOP] = "",
		[UL_KEYS_STORE] = "stores.NAME",
		[UL_KEYS_RULE] = "rules[N]",
		[UL_KEYS_MATCH] = "rules[N].match",
		[UL_KEYS_SIZE] = "rules[N].match.size",
	};

	return names[scope];
}

const struct ul_policy_key *ul_policy_find_key(enum ul_key_scope scope,
					       const char *name)
{
	size_t i;

	for (i = 0; i < ul_policy_n_keys; i++)
		if (ul_policy_keys[i].scope == scope &&
		    !strcmp(ul_policy_keys[i].name, name))
			return &ul_policy_keys[i];
	return NULL;
}
