/* SPDX-License-Identifier: MIT */
/*
 * check.c - uffdlazy-check: is this policy right, and what can this machine do
 */
#include "config.h"

#include "tools/check.h"
#include "tools/standard.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MOST ((size_t)1 << 20)
#define MESSAGE_SIZE 2048

enum { OPTION_EXPLAIN = 256, OPTION_JSON, OPTION_KEYS };

struct options {
	const char *policy;		/* NULL: the one in force */
	const char *explain;
	bool json;
	bool keys;
};

static const char usage[] =
	"usage: uffdlazy-check [--json] [--explain CALL] [POLICY]\n"
	"       uffdlazy-check --keys [--json]\n"
	"Check a policy; without one, tell what this machine allows.\n"
	"\n"
	"  POLICY          a file, JSON that begins with '{', or - (input)\n"
	"  --explain CALL  which rule such a call would meet, and why:\n"
	"                  call=malloc,size=64MiB,caller=f,object=libf.so,\n"
	"                  call=mmap-file,path=/f,prot=rw,nth=2,...\n"
	"  --json          the same as JSON\n"
	"  --keys          every key that a policy may have\n"
	"  -h, --help      this text\n"
	"  -V, --version   the version\n"
	"\n"
	"Exit status: 0 well, 1 a problem was found, 2 wrong usage.\n";

static int hint(void)
{
	fputs("Try 'uffdlazy-check --help' for more information.\n", stderr);
	return 2;
}

static int use(const char *wrong)
{
	fprintf(stderr, "uffdlazy-check: %s\n", wrong);
	return hint();
}

static int load_input(struct ul_policy **policy, char *message, size_t size)
{
	static char text[INPUT_MOST + 1];
	char folder[4096];
	size_t length = fread(text, 1, sizeof(text), stdin);

	if (ferror(stdin)) {
		snprintf(message, size, "stdin: %s", strerror(errno));
		return -EIO;
	}
	if (length > INPUT_MOST) {
		snprintf(message, size, "stdin: has more than %zu bytes",
			 INPUT_MOST);
		return -EFBIG;
	}
	return ul_policy_parse(text, length, "stdin",
			       getcwd(folder, sizeof(folder)), policy,
			       message, size);
}

/* What is wrong in the text of a policy, the table of keys may mend; not a
 * file that cannot be read or must not be trusted. */
static const char *remedy(int error)
{
	return error == -EINVAL ? "uffdlazy-check --keys" : "";
}

static int load(const struct options *options, struct ul_policy **policy,
		char *message, size_t size)
{
	if (options->policy && !strcmp(options->policy, "-"))
		return load_input(policy, message, size);
	if (options->policy)
		return ul_policy_load(options->policy, policy, message, size);
	return ul_policy_load(secure_getenv("UFFDLAZY_POLICY"), policy,
			      message, size);
}

/* A policy that was asked about: what is wrong with it goes to stderr. */
static int about_policy(struct check_report *report,
			const struct options *options)
{
	char message[MESSAGE_SIZE];
	struct ul_policy *policy;
	int error = load(options, &policy, message, sizeof(message));

	if (error) {
		fprintf(stderr, "uffdlazy-check: %s\n", message);
		check_report_add(report, CHECK_PROBLEM, "policy", message,
			"a program would run without lazy memory",
			remedy(error));
		if (options->json)
			check_report_json(report);
		return 1;
	}
	if (!options->explain)
		check_policy(report, policy);
	else if (!check_explain(report, policy, options->explain, message,
				sizeof(message))) {
		ul_policy_free(policy);
		return use(message);
	}
	ul_policy_free(policy);
	if (options->json) {
		check_report_json(report);
	} else if (options->explain) {
		check_explain_text(report);
	} else {
		check_policy_text(report);
		check_report_text(report);
	}
	return report->problem;
}

static void add_policy_in_force(struct check_report *report,
				const struct options *options)
{
	char message[MESSAGE_SIZE];
	struct ul_policy *policy;
	int error = load(options, &policy, message, sizeof(message));

	if (error) {
		check_report_add(report, CHECK_PROBLEM, "policy", message,
			"programs run without lazy memory until it is "
			"mended", remedy(error));
		return;
	}
	check_report_add(report, CHECK_OK, "policy", policy->source,
		strcmp(policy->source, "built-in") ? "" :
		"every malloc and anonymous mapping of 1MiB or more is lazy",
		"");
	ul_policy_free(policy);
}

static int about_machine(struct check_report *report,
			 const struct options *options)
{
	check_machine(report);
	check_handover(report);
	check_limits(report);
	add_policy_in_force(report, options);
	if (options->json)
		check_report_json(report);
	else
		check_report_text(report);
	return report->problem;
}

static int about_keys(struct check_report *report,
		      const struct options *options)
{
	check_keys(report);
	if (options->json)
		check_report_json(report);
	else
		check_keys_text(report);
	return 0;
}

/* The status, unless not all could be written. */
static int end(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "uffdlazy-check: standard output: %s\n",
		strerror(errno));
	return 1;
}

/* Returns -1 to go on, or the exit status. */
static int read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "explain", required_argument, NULL, OPTION_EXPLAIN },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "keys", no_argument, NULL, OPTION_KEYS },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "hV", known, NULL)) != -1)
		switch (option) {
		case OPTION_EXPLAIN:
			options->explain = optarg;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		case OPTION_KEYS:
			options->keys = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return end(0);
		case 'V':
			puts("uffdlazy-check " PACKAGE_VERSION);
			return end(0);
		default:
			return hint();
		}
	if (argc - optind > 1)
		return use("one policy at a time");
	options->policy = argv[optind];
	/* "$POLICY", and nobody has set it: not the one in force. */
	if (options->policy && !*options->policy)
		return use("the name of a policy is missing");
	if (options->keys && (options->policy || options->explain))
		return use("--keys stands alone");
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = { NULL, NULL, false, false };
	struct check_report report;
	int status;

	ul_standard_occupy();
	if (argc > 0)
		argv[0] = "uffdlazy-check";	/* getopt's messages begin so */
	status = read_options(argc, argv, &options);
	if (status >= 0)
		return status;
	check_report_start(&report);
	if (options.keys)
		status = about_keys(&report, &options);
	else if (options.policy || options.explain)
		status = about_policy(&report, &options);
	else
		status = about_machine(&report, &options);
	json_decref(report.root);
	return end(status);
}
