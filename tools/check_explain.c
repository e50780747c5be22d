/* SPDX-License-Identifier: MIT */
/*
 * check_explain.c - a call in words, and what becomes of it
 *
 * The description is a list, "call=malloc,size=64MiB,caller=f". Every caller=
 * begins a frame of the call stack, innermost first, and object= says where
 * that function is; a comma in a value is written "\,".
 */
#include "policy/match.h"
#include "preload/store/stub.h"
#include "tools/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES_MOST 64

struct description {
	char *text;			/* cut up in place; the rest points in */
	struct ul_policy_call call;
	struct ul_policy_frame frames[FRAMES_MOST];
	size_t n_frames;
	uint64_t nth;
	bool has_call;
	bool has_size;
	bool has_prot;
};

static size_t give_frames(void *context, const struct ul_policy_frame **frames)
{
	const struct description *description = context;

	*frames = description->frames;
	return description->n_frames;
}

/* Cut off the next part, up to a comma, undoing "\,". NULL at the end. */
static char *next_part(char **rest)
{
	char *part = *rest, *to = part, *from = part;

	if (!part)
		return NULL;
	while (*from && *from != ',') {
		if (*from == '\\' && from[1] == ',')
			from++;
		*to++ = *from++;
	}
	/* What stands behind a last comma is a part, too: one of nothing. */
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	return part;
}

static const char *set_call(struct description *description, const char *value)
{
	static const char *const names[] = {
		"malloc", "mmap-anon", "mmap-file"
	};
	size_t i;

	for (i = 0; i < 3; i++)
		if (!strcmp(value, names[i])) {
			description->call.call = 1u << i;
			description->has_call = true;
			return NULL;
		}
	return "expected malloc, mmap-anon or mmap-file";
}

static const char *set_prot(struct description *description, const char *value)
{
	int prot = 0;

	for (; *value; value++)
		switch (*value) {
		case 'r':
			prot |= PROT_READ;
			break;
		case 'w':
			prot |= PROT_WRITE;
			break;
		case 'x':
			prot |= PROT_EXEC;
			break;
		default:
			return "expected letters of r, w and x";
		}
	description->has_prot = true;
	description->call.prot = prot;
	return NULL;
}

static const char *set_frame(struct description *description,
			     const char *function, const char *object)
{
	struct ul_policy_frame *last = description->n_frames ?
		&description->frames[description->n_frames - 1] : NULL;

	if (object) {
		if (!last || last->object)
			return "expected a caller= before each object=, which "
			       "is in it";
		last->object = object;
		return NULL;
	}
	if (description->n_frames == FRAMES_MOST)
		return "there are too many frames";
	last = &description->frames[description->n_frames++];
	last->function = function;
	last->object = NULL;
	return NULL;
}

static const char *set_nth(struct description *description, const char *value)
{
	char *end;

	description->nth = strtoull(value, &end, 10);
	if (*end || *value < '0' || *value > '9' || !description->nth)
		return "expected a number from 1";
	return NULL;
}

/* Is the key there already, that may be there once? */
static bool is_again(const struct description *description, const char *key)
{
	return (!strcmp(key, "call") && description->has_call) ||
	       (!strcmp(key, "size") && description->has_size) ||
	       (!strcmp(key, "prot") && description->has_prot) ||
	       (!strcmp(key, "path") && description->call.path) ||
	       (!strcmp(key, "nth") && description->nth);
}

/* Returns what is wrong, or NULL. */
static const char *set(struct description *description, const char *key,
		       const char *value)
{
	if (is_again(description, key))
		return "it is given twice";
	if (!strcmp(key, "call"))
		return set_call(description, value);
	if (!strcmp(key, "size")) {
		description->has_size = true;
		return ul_size_parse(value, &description->call.size) ?
			"expected a size such as 64MiB" : NULL;
	}
	if (!strcmp(key, "prot"))
		return set_prot(description, value);
	if (!strcmp(key, "path")) {
		if (*value != '/')
			return "expected the whole path, which begins with "
			       "'/'";
		description->call.path = value;
		return NULL;
	}
	if (!strcmp(key, "caller"))
		return set_frame(description, value, NULL);
	if (!strcmp(key, "object"))
		return set_frame(description, NULL, value);
	if (!strcmp(key, "nth"))
		return set_nth(description, value);
	return "expected call, size, prot, path, caller, object or nth";
}

static bool describe(struct description *description, char *message,
		     size_t size)
{
	char *rest = description->text, *part, *value;
	const char *mistake;

	while ((part = next_part(&rest))) {
		value = strchr(part, '=');
		if (value)
			*value++ = '\0';
		mistake = value && *value ? set(description, part, value) :
					    "expected KEY=VALUE";
		if (!mistake)
			continue;
		snprintf(message, size, "--explain: \"%s%s%s\": %s", part,
			 value ? "=" : "", value ? value : "", mistake);
		return false;
	}
	if (!description->has_call || !description->has_size) {
		snprintf(message, size, "--explain: a call has a kind and a "
			 "size: call=malloc,size=64MiB");
		return false;
	}
	if (description->call.path &&
	    description->call.call != UL_CALL_MMAP_FILE) {
		snprintf(message, size, "--explain: only call=mmap-file has "
			 "a path");
		return false;
	}
	if (description->has_prot &&
	    description->call.call == UL_CALL_MALLOC) {
		snprintf(message, size, "--explain: call=malloc has no prot");
		return false;
	}
	if (!description->nth)
		description->nth = 1;
	return true;
}

/* The condition that failed, in words. */
static void say_why(const struct ul_policy_rule *rule,
		    enum ul_condition condition, char *text, size_t size)
{
	char calls[64], low[32], high[32];

	*text = '\0';
	switch (condition) {
	case UL_CONDITION_CALL:
		check_format(text, size, "call: it is for %s",
			     check_policy_calls(rule->calls, calls));
		break;
	case UL_CONDITION_SIZE:
		check_format(text, size, "size: it is for %s to %s",
			     check_size(rule->size_min, low),
			     rule->size_max == UINT64_MAX ? "any" :
			     check_size(rule->size_max, high));
		break;
	case UL_CONDITION_PROT:
		check_format(text, size, "prot: it wants %s%s%s",
			     rule->prot & PROT_READ ? "r" : "",
			     rule->prot & PROT_WRITE ? "w" : "",
			     rule->prot & PROT_EXEC ? "x" : "");
		break;
	case UL_CONDITION_PATH:
		check_format(text, size, "path: it wants %s", rule->path);
		break;
	case UL_CONDITION_FRAMES:
		check_format(text, size, "%s: no frame is%s%s%s%s",
			     rule->caller ? "caller" : "object",
			     rule->caller ? " " : "",
			     rule->caller ? rule->caller : "",
			     rule->object ? " in " : "",
			     rule->object ? rule->object : "");
		break;
	case UL_CONDITION_NONE:
		check_format(text, size, "nth: it is for number %llu of such "
			     "calls", (unsigned long long)rule->nth);
		break;
	}
}

static void add_step(json_t *steps, const struct ul_policy_rule *rule,
		     bool met, const char *why)
{
	json_t *step = check_need(json_pack("{s:i, s:s, s:b, s:o}",
		"index", (int)rule->index, "name", rule->name, "met", met,
		"why", check_string(why)));

	if (json_array_append_new(steps, step))
		check_no_memory();
}

static void walk(const struct ul_policy *policy,
		 const struct description *description,
		 const struct ul_policy_rule *met, json_t *steps)
{
	struct ul_match_stack stack = { false, NULL, 0 };
	enum ul_condition condition;
	char why[1024];
	size_t i;

	if (description->call.size < policy->min_size)
		return;
	for (i = 0; i < policy->n_rules; i++) {
		const struct ul_policy_rule *rule = &policy->rules[i];

		if (met && met->index == i) {
			add_step(steps, rule, true, "");
			return;
		}
		condition = ul_match_condition(rule, &description->call,
					       &stack);
		say_why(rule, condition, why, sizeof(why));
		add_step(steps, rule, false, why);
	}
}

/* Every counter stands where the next call is the nth. */
static const struct ul_policy_rule *meet(const struct ul_policy *policy,
					 const struct description *description)
{
	uint64_t *counters = calloc(policy->n_rules + 1, sizeof(*counters));
	const struct ul_policy_rule *rule;
	size_t i;

	if (!counters)
		check_no_memory();
	for (i = 0; i < policy->n_rules; i++)
		counters[i] = description->nth - 1;
	rule = ul_policy_match(policy, &description->call, counters);
	free(counters);
	return rule;
}

/* What no rule takes, or fills from itself, may be a stub, which says itself
 * where its bytes are. */
static bool is_stub(const struct ul_policy *policy,
		    const struct ul_policy_rule *rule, const char *path)
{
	struct ul_stub stub;
	bool is;
	int fd;

	if (!policy->stubs || !path ||
	    (rule && (!rule->lazy || rule->store->type != UL_STORE_SELF)))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	is = ul_stub_probe(fd, &stub) == 0;
	close(fd);
	return is;
}

static void conclude(struct check_report *report,
		     const struct ul_policy *policy,
		     const struct description *description)
{
	const struct ul_policy_rule *rule = meet(policy, description);
	json_t *steps = check_need(json_array()), *explain;
	bool stub = is_stub(policy, rule, description->call.path);
	char effect[512], size[32];

	if (stub && !rule)
		snprintf(effect, sizeof(effect),
			 "lazy, from its blob: the file is a stub");
	else if (rule)
		check_policy_effect(rule, effect, sizeof(effect));
	else if (description->call.size < policy->min_size)
		snprintf(effect, sizeof(effect),
			 "plain: smaller than min_size, %s",
			 check_size(policy->min_size, size));
	else
		snprintf(effect, sizeof(effect), "plain: no rule matches");
	if (stub && rule)
		check_format(effect, sizeof(effect),
			     "; the file is a stub: from its blob");
	walk(policy, description, rule, steps);
	explain = check_need(json_pack("{s:o, s:o, s:b, s:o}",
		"rule", rule ? check_string(rule->name) : json_null(),
		"effect", check_string(effect),
		"lazy", stub || (rule && rule->lazy), "steps", steps));
	if (json_object_set_new(report->root, "explain", explain))
		check_no_memory();
}

bool check_explain(struct check_report *report, const struct ul_policy *policy,
		   const char *text, char *message, size_t size)
{
	struct description description = {
		.text = strdup(text),
		.call = { .frames = give_frames },
	};
	bool fine;

	if (!description.text)
		check_no_memory();
	description.call.frames_context = &description;
	fine = describe(&description, message, size);
	if (fine)
		conclude(report, policy, &description);
	free(description.text);
	return fine;
}

void check_explain_text(const struct check_report *report)
{
	const json_t *explain = json_object_get(report->root, "explain");
	const json_t *steps = json_object_get(explain, "steps"), *step;
	size_t i;

	json_array_foreach(steps, i, step) {
		bool met = json_is_true(json_object_get(step, "met"));

		printf("rule %zu \"%s\": %s%s\n", i,
		       json_string_value(json_object_get(step, "name")),
		       met ? "matches" : "does not match: ",
		       json_string_value(json_object_get(step, "why")));
	}
	printf("%s\n",
	       json_string_value(json_object_get(explain, "effect")));
}
