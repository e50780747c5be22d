/* SPDX-License-Identifier: MIT */
/*
 * reader.h - how the files of the parser talk to each other
 *
 * jansson turns the text into a tree, and forgets where each value stood. The
 * parser walks that tree with a struct ul_at in hand, a chain on the stack
 * that says which key it is at. When something is wrong, the chain is walked
 * once more over the text, now known to be valid JSON, to find line and
 * column (where.c). A policy without mistakes pays nothing for that.
 *
 * Every function that may refuse returns 0 or -errno and has written the
 * message when it returns other than 0. Nothing is freed on the way out: what
 * is read hangs in reader->policy from the start, and ul_policy_free takes it
 * down whole.
 */
#ifndef UL_READER_H
#define UL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

struct json_t;

/* A place in the policy: a key of an object, or an index in a list. The root
 * has neither and no way up. */
struct ul_at {
	const struct ul_at *up;
	const char *key;		/* NULL: index counts */
	size_t index;
};

struct ul_reader {
	const char *text;
	size_t length;			/* bytes of text */
	const char *source;		/* what messages call the text */
	const char *folder;		/* absolute; NULL: there is none */
	struct ul_policy *policy;	/* filled as reading goes on */
	char *message;
	size_t message_size;
};

/* complain.c: write the message, with position and key, and return -EINVAL. */
__attribute__((format(printf, 3, 4)))
int ul_complain_value(struct ul_reader *reader, const struct ul_at *at,
		      const char *format, ...);
/* The same, pointing at the key and not at its value. */
__attribute__((format(printf, 3, 4)))
int ul_complain_key(struct ul_reader *reader, const struct ul_at *at,
		    const char *format, ...);
/* "expected EXPECTED, got a number". */
int ul_complain_type(struct ul_reader *reader, const struct ul_at *at,
		     const char *expected, const struct json_t *value);
/* For text that is no JSON at all: no key, an offset in bytes. */
__attribute__((format(printf, 3, 4)))
int ul_complain_offset(struct ul_reader *reader, size_t offset,
		       const char *format, ...);
int ul_complain_memory(struct ul_reader *reader);
/* One line in message, whatever the arguments hold. Returns error. */
__attribute__((format(printf, 4, 5)))
int ul_complain_plain(char *message, size_t size, int error,
		      const char *format, ...);

/* where.c: from a place to an offset, a line and column (both from 1, the
 * column in characters), and "rules[2].store". */
size_t ul_where_find(const char *text, size_t length, const struct ul_at *at,
		     bool key);
void ul_where_line(const char *text, size_t length, size_t offset,
		   unsigned int *line, unsigned int *column);
void ul_where_path(const struct ul_at *at, char *path, size_t size);

/* suggest.c: the candidate that was most likely meant, or NULL. */
struct ul_suggest {
	const char *wanted;
	const char *best;
	size_t distance;
};
void ul_suggest_start(struct ul_suggest *suggest, const char *wanted);
void ul_suggest_offer(struct ul_suggest *suggest, const char *candidate);
const char *ul_suggest_answer(const struct ul_suggest *suggest);
/* Add to a list of names in a message: '"a", "b"'. */
void ul_suggest_append(char *list, size_t size, const char *name);

/* value.c: one value of a kind. What they allocate, *out owns. */
bool ul_value_has_control(const char *text);
/* With its variables' values, those quoted in a pattern. Returns 0, or says why not
 * and leaves NULL in *full. */
int ul_value_expand(struct ul_reader *reader, const struct ul_at *at,
		    const char *text, bool pattern, char **full);
int ul_value_string(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, char **out);
int ul_value_bool(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, bool *out);
int ul_value_count(struct ul_reader *reader, const struct ul_at *at,
		   const struct json_t *value, uint64_t least, uint64_t most,
		   uint64_t *out);
int ul_value_size(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, uint64_t *out);
int ul_value_time(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, uint32_t *milliseconds);
int ul_value_glob(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, char **out);
int ul_value_path(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, char **out);
/* Neither NULL nor empty; for a key whose value is one of a few words. The
 * answer belongs to value. */
int ul_value_word(struct ul_reader *reader, const struct ul_at *at,
		  const struct json_t *value, const char *const *words,
		  size_t *which);

/* expand.c: replace ${VAR} by the environment's, $$ by $. quote: put a
 * backslash before what a glob would take as special in a variable's value.
 * Returns 0; -ENOMEM; -ENOENT with the name of a variable that is not set;
 * -EINVAL for a '$' that begins neither. */
int ul_expand_variables(const char *text, bool quote, char **out,
			char *name, size_t name_size);
/* folder + "/" + path unless path is absolute. NULL without memory. */
char *ul_expand_absolute(const char *folder, const char *path);
/* strdup and strndup of libc would allocate inside libc, whose malloc need
 * not be the one that our free belongs to. */
char *ul_expand_copy(const char *text, size_t length);

/* The readers of single keys, by the table in keys.c. */
int ul_parse_object(struct ul_reader *reader, const struct ul_at *at,
		    const struct json_t *value, unsigned int scope,
		    void *target);

/* parse_store.c: stores[0] is zero and stores[1] self; room for more. */
int ul_stores_start(struct ul_policy *policy, size_t more);
const struct ul_policy_store *ul_stores_find(const struct ul_policy *policy,
					     const char *name);

/* A rule while it is read: what was given, beside what it says. */
struct ul_rule_draft {
	struct ul_policy_rule *rule;
	const struct ul_at *at;
	const struct ul_policy_store *store;	/* given, or NULL */
	bool has_call;
	bool has_size;
	bool has_lazy;
	bool has_offset;
	bool has_granule;
	bool has_readahead;
	bool has_direct;
};

/* rule_checks.c: what no key can say alone. Fills calls and store. */
int ul_rule_check(struct ul_reader *reader, struct ul_rule_draft *draft);

/* model.c: a policy without stores and rules, every other default in place;
 * and what is left to do once the text is read: the built-in rule where there
 * were no rules, else the twins (for_file). Returns 0 or -ENOMEM. */
struct ul_policy *ul_model_new(const char *source);
int ul_model_finish(struct ul_policy *policy);

#endif
