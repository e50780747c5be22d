/* SPDX-License-Identifier: MIT */
/*
 * stat_screen.c - a view that is shown again and again
 *
 * On a terminal it has the screen for itself: what a look shows is kept as
 * text, and cut to the size that the terminal has at that moment. When the size
 * changes the caller is asked to write the view anew. The terminal gets its
 * former screen back at the end, and while we are stopped (control-Z). Into a
 * file or a pipe, one view follows the other.
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l"	/* the other screen, no cursor */
#define LEAVE "\033[0m\033[?25h\033[?1049l"
#define HOME "\033[H"
#define ERASE_LINE "\033[K"
#define ERASE_BELOW "\033[J"

static const int signals[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGINT,
			       SIGQUIT,	 SIGTERM, SIGHUP };
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

static volatile sig_atomic_t resized, stopped, continued, ended;

/* What was complained of while the screen was ours. */
static bool taken;
static char kept[512];

static void note(int signal)
{
	if (signal == SIGWINCH)
		resized = 1;
	else if (signal == SIGTSTP)
		stopped = 1;
	else if (signal == SIGCONT)
		continued = 1;
	else
		ended = signal;
}

/* Take the terminal: its other screen, and each key as it is pressed. */
static void take(const struct ul_stat_screen *screen)
{
	struct termios raw = screen->cooked;

	if (screen->keys) {
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		/* In the background this stops us until we are in front. */
		while (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0 &&
		       errno == EINTR)
			;
	}
	fputs(ENTER, stdout);
	fflush(stdout);
}

static void give_back(const struct ul_stat_screen *screen)
{
	fputs(LEAVE, stdout);
	fflush(stdout);
	if (screen->keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &screen->cooked);
}

static bool is_live_terminal(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) &&
	       !(terminal && strcmp(terminal, "dumb") == 0);
}

void ul_stat_screen_open(struct ul_stat_screen *screen, bool live)
{
	struct sigaction action = { .sa_handler = note }, before;
	sigset_t blocked;
	size_t i;

	memset(screen, 0, sizeof(*screen));
	screen->terminal = live && is_live_terminal();
	sigemptyset(&blocked);
	for (i = 0; i < N_SIGNALS && screen->terminal; i++) {
		/* A shell without job control does not want to see us stop. */
		if (signals[i] == SIGTSTP &&
		    sigaction(SIGTSTP, NULL, &before) == 0 &&
		    before.sa_handler == SIG_IGN)
			continue;
		/* Blocked but while we wait, so that none is missed. */
		sigaction(signals[i], &action, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &screen->mask);
	if (!screen->terminal)
		return;
	screen->keys = tcgetattr(STDIN_FILENO, &screen->cooked) == 0;
	taken = true;
	take(screen);
}

/* Control-Z: the terminal is the shell's until we go on. */
static void stop(struct ul_stat_screen *screen)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, ours;
	sigset_t both, masked;

	give_back(screen);
	sigaction(SIGTSTP, &usual, &ours);
	raise(SIGTSTP);
	sigemptyset(&both);
	sigaddset(&both, SIGTSTP);
	sigaddset(&both, SIGCONT);
	sigprocmask(SIG_UNBLOCK, &both, &masked);	/* stops us here */
	sigprocmask(SIG_SETMASK, &masked, NULL);
	sigaction(SIGTSTP, &ours, NULL);
	continued = 0;
	take(screen);
}

void ul_stat_screen_complain(const char *text)
{
	if (taken)
		snprintf(kept, sizeof(kept), "%s", text);
	else
		ul_stat_complain(text);
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

static void draw(const struct ul_stat_screen *screen)
{
	struct winsize size = { .ws_row = 0 };
	const char *at = screen->text;
	const char *end = at + screen->length;
	int row, rows;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	rows = size.ws_row ? size.ws_row : 24;
	fputs(HOME, stdout);
	for (row = 0; at < end && row < rows; row++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);

		/* The last line has no end, which would scroll the screen. */
		fputs(row ? "\r\n" : "", stdout);
		ul_stat_cut(at, length, ul_stat_columns(), stdout);
		fputs("\033[0m" ERASE_LINE, stdout);
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

/* The user, or the end of the terminal, wants no more. */
static bool read_keys(struct ul_stat_screen *screen)
{
	char keys[64];
	ssize_t got = read(STDIN_FILENO, keys, sizeof(keys)), i;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	for (i = 0; i < got; i++) {
		if (keys[i] == 'q' || keys[i] == 'Q')
			return true;
	}
	if (got <= 0)
		screen->keys = false;
	return got <= 0;
}

enum ul_stat_wish ul_stat_screen_wait(struct ul_stat_screen *screen,
				      uint64_t until)
{
	struct pollfd input = { .fd = screen->keys ? STDIN_FILENO : -1,
				.events = POLLIN };
	uint64_t now;

	/* Nobody reads any more: a pipe's end is no reason to go on. */
	if (ferror(stdout))
		return UL_STAT_END;
	while ((now = ul_stat_now()) < until && !ended) {
		struct timespec left = {
			.tv_sec = (time_t)((until - now) / 1000000000),
			.tv_nsec = (long)((until - now) % 1000000000),
		};

		input.revents = 0;
		if (ppoll(&input, 1, &left, &screen->mask) > 0 &&
		    read_keys(screen))
			return UL_STAT_END;
		if (stopped) {
			stopped = 0;
			stop(screen);
			return UL_STAT_REDRAW;
		}
		/* Stopped by a signal that nobody can catch: as new. */
		if (continued)
			take(screen);
		if (resized || continued) {
			resized = continued = 0;
			return UL_STAT_REDRAW;
		}
	}
	return ended ? UL_STAT_END : UL_STAT_AGAIN;
}

void ul_stat_screen_close(struct ul_stat_screen *screen, bool leave_text)
{
	if (!screen->terminal) {
		fflush(stdout);
		return;
	}
	finish(screen);
	give_back(screen);
	if (leave_text && screen->text)
		fwrite(screen->text, screen->length, 1, stdout);
	fflush(stdout);
	taken = false;
	if (kept[0])
		ul_stat_complain(kept);
	free(screen->text);
	screen->text = NULL;
	screen->terminal = false;
	sigprocmask(SIG_SETMASK, &screen->mask, NULL);
}
