/* SPDX-License-Identifier: MIT */
/* pack_util.c - messages and the progress bar of uffdlazy-pack */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "policy/harmless.h"
#include "tools/pack.h"

static bool bar_drawn; /* the line on the terminal is the bar's */

void pack_put(const char *text, FILE *file)
{
	char part[4 * 4];		/* of one character */
	size_t size;

	for (int length; *text; text += length) {
		char one[5] = "";

		length = ul_char_length((const unsigned char *)text);
		memcpy(one, text, (size_t)length);
		size = ul_put_printable(part, 0, sizeof(part), one);
		fwrite(part, 1, size, file);
	}
}

static void say(const char *format, va_list args)
{
	char *text;

	if (bar_drawn)
		fputs("\r\033[K", stderr);
	bar_drawn = false;
	fputs("uffdlazy-pack: ", stderr);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	pack_put(text ? text : strerror(ENOMEM), stderr);
	free(text);
	fputc('\n', stderr);
}

void pack_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

int pack_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return -1;
}

bool pack_is_dash(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

const char *pack_human(uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB",
					    "TiB",   "PiB", "EiB"};
	static char buffers[4][32];
	static unsigned int next;
	char *buffer = buffers[next++ % 4];
	double value = (double)bytes;
	int unit = 0;

	for (; value >= 1024 && unit < 6; unit++)
		value /= 1024;
	snprintf(buffer, sizeof(buffers[0]), unit == 0 ? "%.0f %s" : "%.1f %s",
		 value, units[unit]);
	return buffer;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void progress_start(struct progress *progress, const char *what, uint64_t total,
		    bool quiet)
{
	progress->shown = !quiet && isatty(STDERR_FILENO);
	progress->what = what;
	progress->total = total;
	progress->start_ns = now_ns();
	progress->drawn_ns = 0; /* the first one at once */
}

double progress_seconds(const struct progress *progress)
{
	return (double)(now_ns() - progress->start_ns) / 1e9;
}

static void draw(const struct progress *progress, uint64_t done)
{
	static const char full[] = "########################################";
	double seconds = progress_seconds(progress);
	double part =
		progress->total ? (double)done / (double)progress->total : 0;
	double speed = seconds > 0 ? (double)done / seconds : 0;
	struct winsize window = {0};
	int width = 24, filled;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 &&
	    window.ws_col > 0 && window.ws_col < 80)
		width = window.ws_col > 62 ? window.ws_col - 60 : 0;
	if (part > 1)
		part = 1;
	filled = (int)(part * width);
	fprintf(stderr, "\r\033[K%s ", progress->what);
	if (progress->total && width > 0)
		fprintf(stderr, "[%.*s%*s] ", filled, full, width - filled, "");
	if (progress->total)
		fprintf(stderr, "%3.0f %%  ", part * 100);
	fprintf(stderr, "%s  %s/s", pack_human(done),
		pack_human((uint64_t)speed));
	if (progress->total && part > 0 && part < 1 && seconds > 1)
		fprintf(stderr, "  %.0f s left",
			seconds * (1 - part) / part + 0.5);
	fflush(stderr);
	bar_drawn = true;
}

void progress_at(struct progress *progress, uint64_t done)
{
	uint64_t now;

	if (!progress->shown)
		return;
	now = now_ns();
	if (now - progress->drawn_ns < 100000000u)
		return;
	progress->drawn_ns = now;
	draw(progress, done);
}

void progress_end(struct progress *progress)
{
	if (progress->shown && bar_drawn) {
		fputs("\r\033[K", stderr);
		bar_drawn = false;
	}
}
