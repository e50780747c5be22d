/* SPDX-License-Identifier: MIT */
/* pack.c - the command line of uffdlazy-pack(1) */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "tools/pack.h"
#include "tools/standard.h"

#define FRAME_MIN   ((size_t)4 << 10)
#define FRAME_USUAL ((size_t)64 << 10)
#define THREADS_MAX 1024

enum mode { MODE_PACK, MODE_LIST, MODE_VERIFY, MODE_UNPACK };

enum {
	OPT_CODEC = 256,
	OPT_LEVEL,
	OPT_FRAME,
	OPT_THREADS,
	OPT_STUB,
	OPT_REPLACE,
	OPT_LIST,
	OPT_VERIFY,
	OPT_UNPACK,
};

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"codec", required_argument, NULL, OPT_CODEC},
	{"level", required_argument, NULL, OPT_LEVEL},
	{"frame", required_argument, NULL, OPT_FRAME},
	{"threads", required_argument, NULL, OPT_THREADS},
	{"stub", required_argument, NULL, OPT_STUB},
	{"replace", no_argument, NULL, OPT_REPLACE},
	{"force", no_argument, NULL, 'f'},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"list", no_argument, NULL, OPT_LIST},
	{"verify", no_argument, NULL, OPT_VERIFY},
	{"unpack", no_argument, NULL, OPT_UNPACK},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"Usage: uffdlazy-pack INPUT [-o BLOB] [OPTION]...\n"
	"  or:  uffdlazy-pack --list BLOB | --verify BLOB\n"
	"  or:  uffdlazy-pack --unpack BLOB -o FILE\n"
	"Pack a file into a blob: compressed frames that can be read in any "
	"order.\n"
	"\n"
	"  -o, --output FILE   the blob; INPUT.zst or INPUT.lz4 if not given\n"
	"      --codec CODEC   zstd (smaller; the default) or lz4 (faster to "
	"read)\n"
	"      --level N       1 to 22 for zstd, default 3; 1 to 12 for lz4, "
	"default 9\n"
	"      --frame SIZE    bytes unpacked at once: 4KiB to 64MiB, default "
	"64KiB\n"
	"      --threads N     default: one for each CPU\n"
	"      --stub FILE     make a stub that stands for the blob\n"
	"      --replace       put the stub in INPUT's place, once all is "
	"verified\n"
	"  -f, --force         overwrite what is there\n"
	"  -q, --quiet         no progress bar, no summary\n"
	"\n"
	"      --list          show what a blob is made of; with -v every "
	"frame\n"
	"      --verify        unpack every frame and check it\n"
	"      --unpack        bring the original back\n"
	"  -v, --verbose       more of it\n"
	"  -h, --help          show this\n"
	"  -V, --version       show the version\n"
	"\n"
	"INPUT and FILE may be -, standard input and output.\n"
	"Exit status: 0 well, 1 it failed, 2 wrong usage.\n";

struct command {
	enum mode mode;
	int n_modes;
	int pack_option; /* one that only packing has; 0: none given */
	const char *level;
	struct pack_options options;
};

__attribute__((format(printf, 1, 2))) static int usage(const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	pack_say("%s", message);
	fputs("Try 'uffdlazy-pack --help' for more information.\n", stderr);
	return 2;
}

static bool parse_number(const char *text, long lowest, long highest,
			 long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 && *number >= lowest &&
	       *number <= highest;
}

static int parse_frame(struct pack_options *options, const char *text)
{
	uint64_t size = UINT64_MAX;	/* stays where it is larger still */

	if (ul_size_parse(text, &size) == -EINVAL)
		return usage("--frame %s: not a size; write 64KiB, or 1MiB",
			     text);
	if (size < FRAME_MIN || size > UL_FRAME_MAX)
		return usage("--frame %s: from 4KiB to 64MiB", text);
	if (size % FRAME_MIN != 0)
		return usage("--frame %s: not a multiple of 4KiB; a page would "
			     "need two frames",
			     text);
	options->frame = (size_t)size;
	return 0;
}

static int parse_codec(struct pack_options *options, const char *text)
{
	if (strcmp(text, "zstd") == 0)
		options->codec = UL_CODEC_ZSTD;
	else if (strcmp(text, "lz4") == 0)
		options->codec = UL_CODEC_LZ4;
	else
		return usage("--codec %s: zstd or lz4", text);
	return 0;
}

static int set_mode(struct command *command, enum mode mode)
{
	command->mode = mode;
	command->n_modes++;
	return 0;
}

static int parse_option(struct command *command, int option)
{
	struct pack_options *options = &command->options;
	long number;

	switch (option) {
	case OPT_CODEC:
	case OPT_LEVEL:
	case OPT_FRAME:
	case OPT_STUB:
	case OPT_REPLACE:
		command->pack_option = option;
		break;
	}
	switch (option) {
	case 'o':
		options->output = optarg;
		return 0;
	case OPT_CODEC:
		return parse_codec(options, optarg);
	case OPT_LEVEL:
		command->level = optarg;
		return 0;
	case OPT_FRAME:
		return parse_frame(options, optarg);
	case OPT_THREADS:
		if (!parse_number(optarg, 1, THREADS_MAX, &number))
			return usage("--threads %s: a number from 1 to %d",
				     optarg, THREADS_MAX);
		options->threads = (unsigned int)number;
		return 0;
	case OPT_STUB:
		options->stub = optarg;
		return 0;
	case OPT_REPLACE:
		options->replace = true;
		return 0;
	case 'f':
		options->force = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case OPT_LIST:
		return set_mode(command, MODE_LIST);
	case OPT_VERIFY:
		return set_mode(command, MODE_VERIFY);
	case OPT_UNPACK:
		return set_mode(command, MODE_UNPACK);
	}
	/* getopt_long has said what is wrong. */
	fputs("Try 'uffdlazy-pack --help' for more information.\n", stderr);
	return 2;
}

static int check_pack(struct command *command)
{
	static char blob[PATH_MAX];
	struct pack_options *options = &command->options;
	bool zstd = options->codec == UL_CODEC_ZSTD;
	int lowest, highest, usual;
	long level;

	ul_packer_level_range(options->codec, &lowest, &highest, &usual);
	options->level = usual;
	if (command->level) {
		if (!parse_number(command->level, lowest, highest, &level))
			return usage("--level %s: for %s a number from %d to "
				     "%d",
				     command->level, zstd ? "zstd" : "lz4",
				     lowest, highest);
		options->level = (int)level;
	}
	if (options->stub && options->replace)
		return usage("--stub and --replace exclude each other");
	if (options->replace && pack_is_dash(options->input))
		return usage("--replace needs a file, not standard input");
	if (pack_is_dash(options->stub))
		return usage("--stub needs a file, not standard output");
	if (!options->output) {
		if (pack_is_dash(options->input))
			return usage("standard input has no name: give the "
				     "blob's by -o");
		if (snprintf(blob, sizeof(blob), "%s.%s", options->input,
			     zstd ? "zst" : "lz4") >= (int)sizeof(blob))
			return usage("%s: name too long", options->input);
		options->output = blob;
	}
	if (pack_is_dash(options->output) &&
	    (options->stub || options->replace))
		return usage("a stub needs a blob in a file, not standard "
			     "output");
	return 0;
}

static int check(struct command *command, int n_inputs)
{
	const struct pack_options *options = &command->options;

	if (n_inputs != 1)
		return n_inputs == 0 ? usage("no input was named")
				     : usage("one input at a time");
	if (command->n_modes > 1)
		return usage("--list, --verify and --unpack exclude each "
			     "other");
	if (command->mode != MODE_LIST && options->verbose)
		return usage("-v is for --list");
	if (command->mode == MODE_PACK)
		return check_pack(command);
	if (command->pack_option)
		return usage("--codec, --level, --frame, --stub and --replace "
			     "are for packing");
	if (pack_is_dash(options->input))
		return usage("a blob is read in any order: it needs a file, not"
			     " standard input");
	if (command->mode == MODE_UNPACK && !options->output)
		return usage("--unpack needs -o FILE (or -o -)");
	if (command->mode != MODE_UNPACK && options->output)
		return usage("-o is for packing and --unpack");
	if (command->mode != MODE_UNPACK && options->force)
		return usage("--force is for packing and --unpack");
	return 0;
}

static unsigned int count_cpus(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n > 0 ? (unsigned int)n : 1;
}

static int run(const struct command *command)
{
	switch (command->mode) {
	case MODE_PACK:
		return pack_file(&command->options);
	case MODE_LIST:
		return pack_list(&command->options);
	case MODE_VERIFY:
		return pack_verify(&command->options);
	case MODE_UNPACK:
		return pack_unpack(&command->options);
	}
	return -1;
}

/* The exit status, once standard output has all. */
static int end(int code)
{
	if (fflush(stdout) != 0 && code == 0)
		code = pack_fail("standard output cannot be written: %s",
				 strerror(errno));
	return code == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct command command = {
		.options = {.codec = UL_CODEC_ZSTD,
			    .frame = FRAME_USUAL,
			    .threads = count_cpus()},
	};
	int option, code;

	ul_standard_occupy();
	if (argc > 0)
		argv[0] = (char *)"uffdlazy-pack"; /* for getopt's words */
	while ((option = getopt_long(argc, argv, "o:fqvhV", long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return end(0);
		}
		if (option == 'V') {
			puts("uffdlazy-pack " PACKAGE_VERSION);
			return end(0);
		}
		code = parse_option(&command, option);
		if (code != 0)
			return code;
	}
	if (optind < argc)
		command.options.input = argv[optind];
	code = check(&command, argc - optind);
	if (code != 0)
		return code;
	output_catch_signals();
	return end(run(&command));
}
