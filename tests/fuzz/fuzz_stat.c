/* SPDX-License-Identifier: MIT */
/*
 * Rationale: whatever is in a file that uffdlazy-stat is given, statistics or a
 * record, it is shown or refused, in every view; nothing of it crashes the
 * tool, and no control character of it gets to the terminal.
 *
 * The whole tool is linked, its main under another name. Without libFuzzer,
 * main takes files and runs each as it is and with some changes, always the
 * same ones; `make check` does that. With it, see fuzz.sh.
 */
#include "config.h"

#include <getopt.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/trace_abi.h"
#include "tests/fuzz/fuzz_fields.h"
#include "tests/unit/check.h"

#undef main				/* -Dmain=ul_stat_main, for the tool */

int ul_stat_main(int argc, char **argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_view(char *view, char *file)
{
	char name[] = "uffdlazy-stat", *words[] = { name, view, file, NULL };
	FILE *out = stdout, *err = stderr, *both;
	char *text = NULL;
	size_t length = 0;
	int status;

	both = open_memstream(&text, &length);
	CHECK(both);
	stdout = stderr = both;
	optind = 0;
	status = ul_stat_main(3, words);
	stdout = out;
	stderr = err;
	CHECK_EQ(fclose(both), 0);
	CHECK(status == 0 || status == 1);
	CHECK(length > 0);
	for (size_t i = 0; i < length; i++)
		CHECK(((unsigned char)text[i] >= ' ' && text[i] != 0x7f) ||
		      text[i] == '\n');
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const views[] = { "--file", "--callers", "--heatmap",
					     "--openmetrics", "--json" };
	static int fd = -1;
	char path[64], trace[80], view[16];

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pwrite(fd, data, size, 0), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (size >= 8 && memcmp(data, UL_TRACE_MAGIC, 8) == 0) {
		snprintf(trace, sizeof(trace), "--trace=%s", path);
		strcpy(view, "--svg=-");
		run_view(view, trace);
		strcpy(view, "--html=-");
		run_view(view, trace);
		return 0;
	}
	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
		strcpy(view, views[i]);
		run_view(view, path);
	}
	return 0;
}

#ifndef UL_LIBFUZZER

int main(int argc, char **argv)
{
	return fuzz_fields(argc, argv, 400, LLVMFuzzerTestOneInput);
}

#endif
