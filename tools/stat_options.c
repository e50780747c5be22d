/* SPDX-License-Identifier: MIT */
/*
 * stat_options.c - the command line of uffdlazy-stat
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"Usage: uffdlazy-stat [OPTION]... [PID [REGION] | FILE]\n"
"Show lazy memory: a line for each process, or all about the process PID, or\n"
"about FILE (with a slash in it), which a process left (UFFDLAZY_STATS=FILE).\n"
"\n"
"  -a, --all           also processes that have exited\n"
"      --all-users     every user's processes (for root)\n"
"  -s, --sort=COLUMN   by this column of the table, largest first; -COLUMN: last\n"
"      --no-header     no line of titles above the table\n"
"      --callers       of PID: the call sites, and what called them, as a tree\n"
"      --heatmap       of PID: which parts of its regions are resident\n"
"      --fill          have PID fill what is missing, for a debugger or a core\n"
"  -w, --watch[=S]     again every S seconds (1), live on a terminal; q ends it\n"
"  -d, --delta[=S]     only what happens during S seconds (1)\n"
"      --json          for programs; the schema is in uffdlazy-stat(1)\n"
"      --openmetrics   for Prometheus and the like\n"
"      --svg=F, --html=F  draw the record --trace=R: address by time; - stdout;\n"
"                      an F that is there is kept, but for --force\n"
"  -f, --file=FILE     read FILE, which needs no slash then\n"
"  -h, --help          print this and exit\n"
"  -V, --version       print the version and exit\n"
"\n"
"Exit status: 0 well, 1 not there or cannot be read, 2 wrong usage.\n";

enum {
	OPTION_ALL_USERS = 256,
	OPTION_CALLERS,
	OPTION_FILL,
	OPTION_FORCE,
	OPTION_HEATMAP,
	OPTION_HTML,
	OPTION_JSON,
	OPTION_NO_HEADER,
	OPTION_OPENMETRICS,
	OPTION_SVG,
	OPTION_TRACE,
};

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "all-users", no_argument, NULL, OPTION_ALL_USERS },
	{ "callers", no_argument, NULL, OPTION_CALLERS },
	{ "delta", optional_argument, NULL, 'd' },
	{ "fill", no_argument, NULL, OPTION_FILL },
	{ "file", required_argument, NULL, 'f' },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "heatmap", no_argument, NULL, OPTION_HEATMAP },
	{ "html", required_argument, NULL, OPTION_HTML },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "no-header", no_argument, NULL, OPTION_NO_HEADER },
	{ "openmetrics", no_argument, NULL, OPTION_OPENMETRICS },
	{ "sort", required_argument, NULL, 's' },
	{ "svg", required_argument, NULL, OPTION_SVG },
	{ "trace", required_argument, NULL, OPTION_TRACE },
	{ "watch", optional_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

void ul_stat_complain(const char *text)
{
	fprintf(stderr, UL_STAT_NAME ": %s\n", text);
}

static void hint_and_exit(void)
{
	fputs("Try '" UL_STAT_NAME " --help' for more information.\n", stderr);
	exit(UL_STAT_USAGE);
}

static void refuse_usage(const char *text)
{
	ul_stat_complain(text);
	hint_and_exit();
}

static void print_and_exit(const char *text)
{
	fputs(text, stdout);
	if (fflush(stdout) == 0)
		exit(0);
	fprintf(stderr, UL_STAT_NAME ": cannot write: %s\n", strerror(errno));
	exit(UL_STAT_FAILED);
}

/* A time in seconds, from a hundredth to a day; none: one second. */
static uint64_t parse_interval(const char *text)
{
	double seconds = 1;
	char *end;

	if (text) {
		seconds = strtod(text, &end);
		if (end == text || *end || !(seconds >= 0.01) ||
		    seconds > 86400) {
			fprintf(stderr, UL_STAT_NAME ": '%s' is not a number "
				"of seconds from 0.01 to 86400\n", text);
			hint_and_exit();
		}
	}
	return (uint64_t)(seconds * 1e9);
}

static uint64_t parse_number(const char *text, uint64_t most, const char *what)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || errno || *end || number == 0 ||
	    number > most) {
		fprintf(stderr, UL_STAT_NAME ": '%s' is %s\n", text, what);
		hint_and_exit();
	}
	return number;
}

/* A file that stands here without a slash is an easy mistake. */
static void refuse_bare_file(const char *operand)
{
	if ((*operand >= '0' && *operand <= '9') ||
	    access(operand, F_OK) != 0)
		return;
	fprintf(stderr, UL_STAT_NAME ": '%s' is not a process id; to read the "
		"file of that name: ./%s, or --file=%s\n", operand, operand,
		operand);
	hint_and_exit();
}

static void parse_operands(int n, char **operands,
			   struct ul_stat_request *request)
{
	if (n > 0 && strchr(operands[0], '/') && !request->file) {
		request->file = operands[0];
		operands++;
		n--;
	}
	if (n > 0 && !request->file) {
		refuse_bare_file(operands[0]);
		request->pid = (pid_t)parse_number(operands[0], INT_MAX,
						   "neither a process id nor a "
						   "file (with a slash in it)");
		operands++;
		n--;
	}
	if (n > 0) {
		request->region = parse_number(operands[0], UINT64_MAX,
					       "not the ID of a region");
		n--;
	}
	if (n > 0)
		refuse_usage("one process or one file at a time");
}

static void check(const struct ul_stat_request *request)
{
	bool one = request->file || request->pid;

	if (request->callers && !one)
		refuse_usage("--callers needs a process or a file");
	if (request->heatmap && !one)
		refuse_usage("--heatmap needs a process or a file");
	if (request->json + request->openmetrics + request->callers +
		    request->heatmap + request->fill > 1)
		refuse_usage("--json, --openmetrics, --callers, --heatmap and "
			     "--fill exclude each other");
	if (request->fill && !request->pid)
		refuse_usage("--fill needs a process");
	if (request->fill && (request->watch_ns || request->delta_ns))
		refuse_usage("--fill goes neither with --watch nor with "
			     "--delta");
	if ((request->svg || request->html) != (request->trace != NULL))
		refuse_usage("--svg and --html draw a record: --trace=RECORD");
	if (request->trace && one)
		refuse_usage("a record is not of a process or a file");
	if (request->openmetrics && request->delta_ns)
		refuse_usage("--openmetrics counts from the beginning: not "
			     "with --delta");
	if (request->sort && ul_stat_sort_find(request->sort) < 0) {
		fprintf(stderr, UL_STAT_NAME ": --sort: no column '%s'; there "
			"are %s\n", request->sort, UL_STAT_COLUMNS);
		hint_and_exit();
	}
}

static void parse_option(int option, struct ul_stat_request *request)
{
	switch (option) {
	case 'a':
		request->all = true;
		break;
	case 'd':
		request->delta_ns = parse_interval(optarg);
		break;
	case 'f':
		if (!*optarg)
			refuse_usage("--file: the name of a file is missing");
		request->file = optarg;
		break;
	case 's':
		request->sort = optarg;
		break;
	case 'w':
		request->watch_ns = parse_interval(optarg);
		break;
	case OPTION_ALL_USERS:
		request->all_users = true;
		break;
	case OPTION_CALLERS:
		request->callers = true;
		break;
	case OPTION_FILL:
		request->fill = true;
		break;
	case OPTION_FORCE:
		request->force = true;
		break;
	case OPTION_HTML:
		request->html = optarg;
		break;
	case OPTION_SVG:
		request->svg = optarg;
		break;
	case OPTION_TRACE:
		request->trace = optarg;
		break;
	case OPTION_HEATMAP:
		request->heatmap = true;
		break;
	case OPTION_JSON:
		request->json = true;
		break;
	case OPTION_NO_HEADER:
		request->no_header = true;
		break;
	case OPTION_OPENMETRICS:
		request->openmetrics = true;
		break;
	case 'h':
		print_and_exit(help);
		break;
	case 'V':
		print_and_exit(UL_STAT_NAME " " PACKAGE_VERSION "\n");
		break;
	default:
		hint_and_exit();
	}
}

void ul_stat_parse(int argc, char **argv, struct ul_stat_request *request)
{
	int option;

	if (argc > 0)
		argv[0] = UL_STAT_NAME;	/* getopt's messages begin with it */
	while ((option = getopt_long(argc, argv, "ad::f:s:w::hV", options,
				     NULL)) != -1)
		parse_option(option, request);
	parse_operands(argc - optind, argv + optind, request);
	check(request);
}
