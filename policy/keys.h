/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the one table of everything a policy may say
 *
 * The parser refuses what is not in it and reads in its order; uffdlazy-check
 * prints it, and a test holds uffdlazy-policy(5) against it.
 */
#ifndef UL_KEYS_H
#define UL_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct json_t;
struct ul_at;
struct ul_reader;

enum ul_key_scope {
	UL_KEYS_TOP,
	UL_KEYS_STORE,			/* stores.NAME */
	UL_KEYS_RULE,			/* rules[N] */
	UL_KEYS_MATCH,			/* rules[N].match */
	UL_KEYS_SIZE,			/* rules[N].match.size */
	UL_KEYS_N,
};

struct ul_policy_key {
	enum ul_key_scope scope;
	const char *name;
	bool required;
	/* All of these are words for the user; none is NULL. */
	const char *type;
	const char *unit;		/* "" where there is none */
	const char *range;
	const char *fallback;		/* the default */
	const char *help;
	/* The parser's own: read the value into target. Returns 0 or -errno
	 * with the reader's message written. */
	int (*read)(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, void *target);
};

extern const struct ul_policy_key ul_policy_keys[];
extern const size_t ul_policy_n_keys;

/* Where the keys of a scope stand: "", "stores.NAME", "rules[N]", ... */
const char *ul_policy_scope_name(enum ul_key_scope scope);

/* The key of this name in the scope, or NULL. */
const struct ul_policy_key *ul_policy_find_key(enum ul_key_scope scope,
					       const char *name);

/* parse.c: target is the struct ul_policy. */
int ul_read_version(struct ul_reader *, const struct ul_at *,
		    const struct json_t *, void *);
int ul_read_programs(struct ul_reader *, const struct ul_at *,
		     const struct json_t *, void *);
int ul_read_min_size(struct ul_reader *, const struct ul_at *,
		     const struct json_t *, void *);
int ul_read_stubs(struct ul_reader *, const struct ul_at *,
		  const struct json_t *, void *);
int ul_read_workers(struct ul_reader *, const struct ul_at *,
		    const struct json_t *, void *);
int ul_read_record(struct ul_reader *, const struct ul_at *,
		   const struct json_t *, void *);
int ul_read_replay(struct ul_reader *, const struct ul_at *,
		   const struct json_t *, void *);
int ul_read_fault(struct ul_reader *, const struct ul_at *,
		  const struct json_t *, void *);

/* parse_store.c: of stores itself the policy, of the rest the store. */
int ul_read_stores(struct ul_reader *, const struct ul_at *,
		   const struct json_t *, void *);
int ul_read_store_type(struct ul_reader *, const struct ul_at *,
		       const struct json_t *, void *);
int ul_read_store_path(struct ul_reader *, const struct ul_at *,
		       const struct json_t *, void *);
int ul_read_store_offset(struct ul_reader *, const struct ul_at *,
			 const struct json_t *, void *);
int ul_read_store_length(struct ul_reader *, const struct ul_at *,
			 const struct json_t *, void *);
int ul_read_store_timeout(struct ul_reader *, const struct ul_at *,
			  const struct json_t *, void *);

/* parse_rule.c: of rules itself the policy, of the rest the draft. */
int ul_read_rules(struct ul_reader *, const struct ul_at *,
		  const struct json_t *, void *);
int ul_read_rule_name(struct ul_reader *, const struct ul_at *,
		      const struct json_t *, void *);
int ul_read_match(struct ul_reader *, const struct ul_at *,
		  const struct json_t *, void *);
int ul_read_lazy(struct ul_reader *, const struct ul_at *,
		 const struct json_t *, void *);
int ul_read_rule_store(struct ul_reader *, const struct ul_at *,
		       const struct json_t *, void *);
int ul_read_rule_offset(struct ul_reader *, const struct ul_at *,
			const struct json_t *, void *);
int ul_read_granule(struct ul_reader *, const struct ul_at *,
		    const struct json_t *, void *);
int ul_read_readahead(struct ul_reader *, const struct ul_at *,
		      const struct json_t *, void *);
int ul_read_direct(struct ul_reader *, const struct ul_at *,
		   const struct json_t *, void *);
/* parse_match.c: of the draft. */
int ul_read_call(struct ul_reader *, const struct ul_at *,
		 const struct json_t *, void *);
int ul_read_size(struct ul_reader *, const struct ul_at *,
		 const struct json_t *, void *);
int ul_read_size_min(struct ul_reader *, const struct ul_at *,
		     const struct json_t *, void *);
int ul_read_size_max(struct ul_reader *, const struct ul_at *,
		     const struct json_t *, void *);
int ul_read_prot(struct ul_reader *, const struct ul_at *,
		 const struct json_t *, void *);
int ul_read_match_path(struct ul_reader *, const struct ul_at *,
		       const struct json_t *, void *);
int ul_read_caller(struct ul_reader *, const struct ul_at *,
		   const struct json_t *, void *);
int ul_read_object(struct ul_reader *, const struct ul_at *,
		   const struct json_t *, void *);
int ul_read_nth(struct ul_reader *, const struct ul_at *,
		const struct json_t *, void *);

#endif
