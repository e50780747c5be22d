/* SPDX-License-Identifier: MIT */
/*
 * stat_fit.c - lines that fit the terminal
 *
 * A line that is too long for the terminal would go on below, and take the
 * columns of a table apart; it is cut there, and a mark says so. In a file or
 * a pipe nothing is cut.
 */
#include "config.h"

#include "tools/stat.h"

#include <langinfo.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

int ul_stat_columns(void)
{
	struct winsize size = { .ws_col = 0 };

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return 80;
	return size.ws_col;
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

void ul_stat_cut(const char *line, size_t length, int columns, FILE *out)
{
	const char *mark = "";

	if (columns > 0 && fitting(line, length, columns) < length) {
		length = fitting(line, length, columns - 1);
		mark = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\u2026" :
								    ">";
	}
	fprintf(out, "%.*s%s", (int)length, line, mark);
}

void ul_stat_line(FILE *out, int columns, const char *format, ...)
{
	char line[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	ul_stat_cut(line, strlen(line), columns, out);
	fputc('\n', out);
}
