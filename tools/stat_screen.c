/* SPDX-License-Identifier: MIT */
/*
 * stat_screen.c - a view that is shown again and again
 *
 * On a terminal it has the screen for itself: what a look shows is kept as
 * text, cut to the size that the terminal has at that moment, and drawn anew
 * when the size changes. The terminal gets its former screen back at the end.
 * Into a file or a pipe, one view follows the other.
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define ENTER "\033[?1049h\033[?25l"	/* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define ERASE_LINE "\033[K"
#define ERASE_BELOW "\033[J"

static volatile sig_atomic_t resized;
static volatile sig_atomic_t ended;

static void note(int signal)
{
	if (signal == SIGWINCH)
		resized = 1;
	else
		ended = signal;
}

void ul_stat_screen_open(struct ul_stat_screen *screen, bool live)
{
	static const int signals[] = { SIGWINCH, SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note };
	sigset_t blocked;
	size_t i;

	memset(screen, 0, sizeof(*screen));
	screen->terminal = live && isatty(STDOUT_FILENO);
	sigemptyset(&blocked);
	if (screen->terminal) {
		/* Blocked but while we wait, so that none is missed. */
		for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
			sigaction(signals[i], &action, NULL);
			sigaddset(&blocked, signals[i]);
		}
		fputs(ENTER, stdout);
	}
	sigprocmask(SIG_BLOCK, &blocked, &screen->mask);
}

FILE *ul_stat_screen_begin(struct ul_stat_screen *screen)
{
	if (!screen->terminal) {
		if (screen->shown++)
			fputc('\n', stdout);
		return stdout;
	}
	free(screen->text);
	screen->text = NULL;
	screen->stream = open_memstream(&screen->text, &screen->length);
	return screen->stream ? screen->stream : stdout;
}

/* How many bytes of a line fit into columns. Escape sequences take none. */
static size_t fitting(const char *line, size_t length, int columns)
{
	mbstate_t state = { 0 };
	size_t at = 0;

	while (at < length) {
		wchar_t character;
		size_t bytes;
		int width;

		if (line[at] == '\033') {
			while (at < length && line[at] != 'm')
				at++;
			at += at < length;
			continue;
		}
		bytes = mbrtowc(&character, line + at, length - at, &state);
		if (bytes == 0 || bytes > length - at) {
			memset(&state, 0, sizeof(state));
			bytes = 1;
			width = 1;
		} else {
			width = wcwidth(character);
		}
		if (width > 0 && (columns -= width) < 0)
			break;
		at += bytes;
	}
	return at;
}

static void draw(const struct ul_stat_screen *screen)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	const char *at = screen->text;
	const char *end = at + screen->length;
	int row;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	fputs(HOME, stdout);
	for (row = 0; at < end && row < size.ws_row; row++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);

		/* The last line has no end, which would scroll the screen. */
		printf("%s%.*s\033[0m" ERASE_LINE, row ? "\r\n" : "",
		       (int)fitting(at, length, size.ws_col), at);
		at += length + 1;
	}
	fputs(ERASE_BELOW, stdout);
	fflush(stdout);
}

/* What the stream got becomes the text. False: there is none. */
static bool finish(struct ul_stat_screen *screen)
{
	if (screen->stream)
		fclose(screen->stream);
	screen->stream = NULL;
	return screen->text != NULL;
}

void ul_stat_screen_show(struct ul_stat_screen *screen)
{
	if (!screen->terminal)
		fflush(stdout);
	else if (finish(screen))
		draw(screen);
}

bool ul_stat_screen_wait(struct ul_stat_screen *screen, uint64_t ns)
{
	uint64_t until = ul_stat_now() + ns;
	uint64_t now;

	/* Nobody reads any more: a pipe's end is no reason to go on. */
	if (ferror(stdout))
		return false;
	while ((now = ul_stat_now()) < until && !ended) {
		struct timespec left = {
			.tv_sec = (time_t)((until - now) / 1000000000),
			.tv_nsec = (long)((until - now) % 1000000000),
		};

		ppoll(NULL, 0, &left, &screen->mask);
		if (resized && screen->text) {
			resized = 0;
			draw(screen);
		}
	}
	return !ended;
}

void ul_stat_screen_close(struct ul_stat_screen *screen, bool leave_text)
{
	if (!screen->terminal) {
		fflush(stdout);
		return;
	}
	finish(screen);
	fputs(LEAVE, stdout);
	if (leave_text && screen->text)
		fwrite(screen->text, screen->length, 1, stdout);
	fflush(stdout);
	free(screen->text);
	screen->text = NULL;
	screen->terminal = false;
	sigprocmask(SIG_SETMASK, &screen->mask, NULL);
}
