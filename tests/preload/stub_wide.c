/* SPDX-License-Identifier: MIT */
/*
 * stub_wide.c WAY FILE - reads FILE by wide characters
 *
 * WAY is a function of the C library: one that reads a line, of which the first
 * three are written; or one of fwscanf's relatives, of any standard, of which
 * the result is; or fwide, of which that is after each way to read. It knows
 * nothing of stubs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define ROOM 100

/* What fortified programs call; the room is in characters. */
wchar_t *__fgetws_chk(wchar_t *line, size_t room, int n, FILE *file);
wchar_t *__fgetws_unlocked_chk(wchar_t *line, size_t room, int n, FILE *file);

typedef int scan_fn(const wchar_t *format, ...);
typedef int fscan_fn(FILE *file, const wchar_t *format, ...);
typedef int vscan_fn(const wchar_t *format, va_list ap);
typedef int vfscan_fn(FILE *file, const wchar_t *format, va_list ap);

static wchar_t *get_line(const char *way, wchar_t *line, FILE *file)
{
	if (!strcmp(way, "fgetws"))
		return fgetws(line, ROOM, file);
	if (!strcmp(way, "fgetws_unlocked"))
		return fgetws_unlocked(line, ROOM, file);
	if (!strcmp(way, "__fgetws_chk"))
		return __fgetws_chk(line, ROOM, ROOM, file);
	if (!strcmp(way, "__fgetws_unlocked_chk"))
		return __fgetws_unlocked_chk(line, ROOM, ROOM, file);
	/* Longer than there is room for: the lines are not. */
	if (!strcmp(way, "longer"))
		return __fgetws_chk(line, ROOM, 10 * ROOM, file);
	return __fgetws_chk(line, 4, 10, file);		/* overflow */
}

static int by_list(void *function, FILE *file, const wchar_t *format, ...)
{
	va_list ap;
	int result;

	va_start(ap, format);
	result = file ? ((vfscan_fn *)function)(file, format, ap) :
			((vscan_fn *)function)(format, ap);
	va_end(ap);
	return result;
}

static int scan(const char *way, FILE *file)
{
	void *function = dlsym(RTLD_DEFAULT, way);
	int number = -1, result;

	if (!function)
		return 77;
	if (strstr(way, "vfw"))
		result = by_list(function, file, L"line %d", &number);
	else if (strstr(way, "vw"))
		result = by_list(function, NULL, L"line %d", &number);
	else if (strstr(way, "fw"))
		result = ((fscan_fn *)function)(file, L"line %d", &number);
	else
		result = ((scan_fn *)function)(L"line %d", &number);
	if (result < 0)
		perror(way);
	printf("%d %d\n", result, number);
	return 0;
}

/* Which kind it is stays as the first to read has made it. */
static void show_kinds(FILE *file, const char *name)
{
	wchar_t line[ROOM];
	wint_t wide;

	for (int way = 0; way < 6; way++) {
		file = freopen(name, "r", file);
		if (!file)
			return;
		printf("%d ", fwide(file, 0));
		if (way == 0)
			printf("%d ", fgetwc(file) != WEOF);
		if (way == 1)
			printf("%d ", fgetws(line, ROOM, file) != NULL);
		if (way == 2)
			printf("%d ", fgetc(file));
		if (way == 3)
			printf("%d ", fwide(file, 1));
		if (way == 4)
			printf("%d ", fwide(file, -1));
		if (way == 5)
			printf("%d ", ungetwc(L'x', file) == L'x');
		printf("%d %d %d %d ", fwide(file, 0), fwide(file, 1),
		       fwide(file, -1), fwide(file, 0));
		wide = fgetwc(file);
		printf("%d %d\n", wide == WEOF,
		       fgetws(line, ROOM, file) == NULL);
	}
}

int main(int argc, char **argv)
{
	const char *stray = dlerror();
	wchar_t line[ROOM];
	FILE *file;

	if (argc != 3)
		return 2;
	if (stray) {
		fprintf(stderr, "dlerror: %s\n", stray);
		return 1;
	}
	setlocale(LC_ALL, "");
	file = fopen(argv[2], "r");
	if (!file) {
		perror(argv[2]);
		return 1;
	}
	if (!strcmp(argv[1], "fwide")) {
		show_kinds(file, argv[2]);
		show_kinds(stdin, argv[2]);
		return 0;
	}
	if (strstr(argv[1], "wscanf"))
		return scan(argv[1], file);
	for (int i = 0; i < 3; i++) {
		if (!get_line(argv[1], line, file)) {
			printf("%s\n", strerror(errno));
			break;
		}
		printf("%ls", line);
	}
	return 0;
}
