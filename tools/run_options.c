/* SPDX-License-Identifier: MIT */
/* run_options.c - uffdlazy-run's command line */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "tools/run.h"

static const char help[] =
"Usage: uffdlazy-run [OPTION]... [--] PROGRAM [ARG]...\n"
"Run PROGRAM with lazy memory: big mappings and allocations start empty, and\n"
"each page is filled when it is first touched.\n"
"\n"
"  -p, --policy=POLICY   what is lazy, and filled from where: a file, or JSON\n"
"                          that begins with '{'; see uffdlazy-policy(5)\n"
"      --zero            no policy: allocations and anonymous mappings are\n"
"                          lazy and filled with zeros\n"
"      --min-size=SIZE   like --zero, from SIZE bytes on (64KiB, 2MiB; 1MiB)\n"
"      --summary         say at exit what was lazy and what was filled\n"
"      --stats=FILE      leave the statistics in FILE, for uffdlazy-stat\n"
"      --record=FILE     write to FILE what is touched, and when\n"
"      --replay=FILE     fill ahead what the record in FILE tells\n"
"  -h, --help            print this and exit\n"
"  -V, --version         print the version and exit\n"
"\n"
"Exit status: PROGRAM's; 1 the policy was refused, 2 wrong usage,\n"
"126 PROGRAM could not be executed, 127 it was not found.\n";

void ul_run_complain(const char *format, ...)
{
	va_list arguments;

	fputs(UL_RUN_NAME ": ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void print_and_exit(const char *text)
{
	fputs(text, stdout);
	if (fflush(stdout) == 0)
		exit(0);
	ul_run_complain("standard output: %s", strerror(errno));
	exit(UL_RUN_FAILED);
}

static void hint_and_exit(void)
{
	fputs("Try '" UL_RUN_NAME " --help' for more information.\n", stderr);
	exit(UL_RUN_USAGE);
}

enum {
	OPTION_ZERO = 256,
	OPTION_MIN_SIZE,
	OPTION_SUMMARY,
	OPTION_STATS,
	OPTION_RECORD,
	OPTION_REPLAY,
};

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "zero", no_argument, NULL, OPTION_ZERO },
	{ "min-size", required_argument, NULL, OPTION_MIN_SIZE },
	{ "summary", no_argument, NULL, OPTION_SUMMARY },
	{ "stats", required_argument, NULL, OPTION_STATS },
	{ "record", required_argument, NULL, OPTION_RECORD },
	{ "replay", required_argument, NULL, OPTION_REPLAY },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Of an option that names a file. */
static const char *file_of(const char *option)
{
	if (!*optarg) {
		ul_run_complain("--%s: the name of a file is missing", option);
		hint_and_exit();
	}
	return optarg;
}

static void parse_option(int option, struct ul_run_request *request)
{
	int error;

	switch (option) {
	case 'p':
		request->policy = file_of("policy");
		break;
	case OPTION_ZERO:
		request->zero = true;
		break;
	case OPTION_MIN_SIZE:
		request->has_min_size = true;
		error = ul_size_parse(optarg, &request->min_size);
		if (error == -ERANGE) {
			ul_run_complain("--min-size: '%s' is out of range; less than "
				 "16EiB", optarg);
			hint_and_exit();
		}
		if (error) {
			ul_run_complain("--min-size: '%s' is not a size (a number of "
				 "bytes, or like 64KiB, 2MiB, 1GiB)", optarg);
			hint_and_exit();
		}
		break;
	case OPTION_SUMMARY:
		request->summary = true;
		break;
	case OPTION_STATS:
		request->stats = file_of("stats");
		break;
	case OPTION_RECORD:
		request->record = file_of("record");
		break;
	case OPTION_REPLAY:
		request->replay = file_of("replay");
		break;
	case 'h':
		print_and_exit(help);
		break;
	case 'V':
		print_and_exit(UL_RUN_NAME " " PACKAGE_VERSION "\n");
		break;
	default:
		hint_and_exit();
	}
}

/* uffdlazy-run -p PROGRAM: the word became the option's argument. */
static bool is_argument(const char *word, const struct ul_run_request *request)
{
	return word == request->policy || word == request->stats ||
	       word == request->record || word == request->replay;
}

void ul_run_parse(int argc, char **argv, struct ul_run_request *request)
{
	int option;

	/* The '+': options after PROGRAM are the program's. */
	while ((option = getopt_long(argc, argv, "+p:hV", options, NULL)) != -1)
		parse_option(option, request);
	if (request->policy && (request->zero || request->has_min_size)) {
		ul_run_complain("--policy excludes --%s: the policy says what is lazy",
			 request->zero ? "zero" : "min-size");
		hint_and_exit();
	}
	if (optind == argc) {
		if (argc > 1 && is_argument(argv[argc - 1], request))
			ul_run_complain("no PROGRAM given; '%s' is taken for the "
				 "option's argument", argv[argc - 1]);
		else
			ul_run_complain("no PROGRAM given");
		hint_and_exit();
	}
	request->program = argv + optind;
}
