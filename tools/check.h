/* SPDX-License-Identifier: MIT */
/*
 * check.h - how the files of uffdlazy-check talk to each other
 *
 * Whatever is found out goes into one JSON tree first, and is printed from
 * there, as JSON or as text: so neither can say what the other does not.
 */
#ifndef UL_CHECK_H
#define UL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "policy/policy.h"

enum check_state {
	CHECK_OK,
	CHECK_NOTE,			/* works, and could be better */
	CHECK_PROBLEM,			/* does not work: exit status 1 */
};

struct check_report {
	json_t *root;
	json_t *findings;		/* root's list of them */
	bool problem;			/* one of them is a problem */
};

/* check_report.c. A failed allocation ends the tool: it is a tool. */
void check_report_start(struct check_report *report);
/* A finding: the topic in a word, what was found, what that means ("" where
 * it goes without saying), and the command that changes it ("" for none). */
void check_report_add(struct check_report *report, enum check_state state,
		      const char *topic, const char *found,
		      const char *meaning, const char *remedy);
void check_report_text(const struct check_report *report);
/* Everything, as JSON, on standard output. */
void check_report_json(const struct check_report *report);
_Noreturn void check_no_memory(void);
json_t *check_need(json_t *json);
/* Of any bytes: '?' for what is not UTF-8, and for controls. NULL gives JSON's null. */
json_t *check_string(const char *text);
__attribute__((format(printf, 3, 4)))
void check_format(char *text, size_t size, const char *format, ...);
/* "64KiB", or bytes where no unit fits. text has room for 32. */
const char *check_size(uint64_t bytes, char text[32]);

/* check_machine.c, check_limits.c: what this machine allows. */
void check_machine(struct check_report *report);
void check_limits(struct check_report *report);
/* A file of one number under /proc; fallback where there is none. */
long check_proc_number(const char *path, long fallback);

/* check_handover.c: what a fault costs beside its fill. Takes a second at the
 * most; says nothing where it cannot be measured. */
void check_handover(struct check_report *report);

/* check_policy.c: what a policy says; and prints it. */
void check_policy(struct check_report *report, const struct ul_policy *policy);
void check_policy_text(const struct check_report *report);
/* What a rule wants, in a line: "malloc, 64MiB or more, caller f". */
void check_policy_conditions(const struct ul_policy_rule *rule, char *text,
			     size_t size);
/* Where its bytes come from: "lazy, zero", "plain". */
void check_policy_effect(const struct ul_policy_rule *rule, char *text,
			 size_t size);
const char *check_policy_calls(unsigned int calls, char text[64]);

/* check_records.c: can what is recorded be written, and read again? */
void check_records(struct check_report *report,
		   const struct ul_policy *policy);

/* check_stores.c: open every store, and see that the folders are there. */
void check_stores(struct check_report *report, const struct ul_policy *policy,
		  json_t *stores);

/* check_explain.c: which rule a described call meets, and why not the ones
 * before. Returns false, with the reason in message, for a description that
 * makes no sense. */
bool check_explain(struct check_report *report, const struct ul_policy *policy,
		   const char *description, char *message, size_t size);
void check_explain_text(const struct check_report *report);

/* check_keys.c: the table of keys. */
void check_keys(struct check_report *report);
void check_keys_text(const struct check_report *report);

#endif
