/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a line on standard error stays one line of text, whatever is in the
 * names it speaks of: controls are shown as \xHH, what is text stays, and the
 * end of a line that is too long is cut off, never in the middle of such a one.
 */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "preload/engine/log.h"
#include "tests/unit/check.h"

#define LONGEST 1024

static int standard_error, said;

/* Is text said so? */
static void says(const char *text, const char *wanted)
{
	char line[2 * LONGEST], whole[2 * LONGEST];
	ssize_t n;

	ul_log(UL_LOG_ERROR, "of %s: %u", text, 7U);
	n = read(said, line, sizeof(line) - 1);
	CHECK(n > 0);
	line[n] = '\0';
	snprintf(whole, sizeof(whole), "uffdlazy: of %s: 7\n", wanted);
	if (strcmp(line, whole) != 0)
		dprintf(standard_error, "'%s', not '%s'\n", line, whole);
	CHECK(strcmp(line, whole) == 0);
}

static void test_controls(void)
{
	char one[] = "aXz", shown[] = "a\\xHHz";

	says("no\033[31m\nuffdlazy: all is well\r",
	     "no\\x1b[31m\\x0auffdlazy: all is well\\x0d");
	for (int c = 1; c < 0x80; c++) {
		one[1] = (char)c;
		snprintf(shown, sizeof(shown),
			 c < 0x20 || c == 0x7f ? "a\\x%02xz" : "a%cz", c);
		says(one, shown);
	}
	says("\302\233m", "\\xc2\\x9bm");
	says("\302\200\302\237", "\\xc2\\x80\\xc2\\x9f");
	says("\302\240\303\233\342\202\254", "\302\240\303\233\342\202\254");
	says("\302", "\302");
	says("\302\302\205", "\302\\xc2\\x85");
	/* As a byte of its own it is one to many terminals, too. */
	says("a\233m", "a\\x9bm");
}

/* As the end of a line of every length. */
static void test_long(void)
{
	char text[3 * LONGEST], line[2 * LONGEST];
	ssize_t n;

	for (size_t plain = 0; plain < LONGEST + 8; plain++) {
		memset(text, 'a', plain);
		memset(text + plain, '\033', LONGEST);
		text[plain + LONGEST] = '\0';
		ul_log(UL_LOG_ERROR, "%s%s", text, text);
		n = read(said, line, sizeof(line) - 1);
		CHECK(n > LONGEST - 6 && n <= LONGEST);
		line[n] = '\0';
		CHECK(strchr(line, '\n') == line + n - 1);
		CHECK(!strchr(line, '\033'));
		for (char *at = line; (at = strchr(at, '\\')); at += 4)
			CHECK(strncmp(at, "\\x1b", 4) == 0);
	}
}

int main(void)
{
	int ends[2];

	CHECK(pipe(ends) == 0);
	said = ends[0];
	standard_error = dup(STDERR_FILENO);
	CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	ul_log_init();
	test_controls();
	test_long();
	return 0;
}
