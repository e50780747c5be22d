/* SPDX-License-Identifier: MIT */
/*
 * hook_wide.c - wide characters from a stub's stream
 *
 * A cookie stream knows bytes only: libc crashes when it is read by fgetwc.
 * So for our streams, and for no others, characters are made here from the
 * stream's bytes, in the program's locale. Formatted wide input (fwscanf) is
 * not made up; it fails with ENOTSUP and a line.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "preload/hook_io.h"

#define ERROR_SEEN 0x20		/* what ferror(3) asks for */

void __chk_fail(void) __attribute__((noreturn));	/* libc's */

static bool is_ours(const FILE *file)
{
	return UL_UNLIKELY(ul_io_mode) && ul_stdio_is_ours(file);
}

static wint_t get_character(FILE *file)
{
	mbstate_t state;
	wchar_t wide;
	char byte;
	int c;

	memset(&state, 0, sizeof(state));
	for (;;) {
		c = getc_unlocked(file);
		if (c == EOF)
			break;
		byte = (char)c;
		switch (mbrtowc(&wide, &byte, 1, &state)) {
		case (size_t)-2:
			continue;	/* there is more to it */
		case (size_t)-1:
			file->_flags |= ERROR_SEEN;
			return WEOF;		/* EILSEQ */
		case 0:
			return L'\0';
		default:
			return (wint_t)wide;
		}
	}
	if (!mbsinit(&state))
		errno = EILSEQ;
	return WEOF;
}

/* Under the stream's lock. None from one that was read by bytes. */
static wint_t get_wide(FILE *file)
{
	return ul_stdio_orient(file, 1) > 0 ? get_character(file) : WEOF;
}

static wint_t get_wide_locked(FILE *file)
{
	wint_t wide;

	flockfile(file);
	wide = get_wide(file);
	funlockfile(file);
	return wide;
}

/* Up to limit characters of a line, and no L'\0' behind them. None when there
 * was an error on the way, as libc has it. */
static size_t get_characters(wchar_t *line, size_t limit, FILE *file)
{
	wint_t wide = WEOF;
	size_t used = 0;
	int before;

	if (ul_stdio_orient(file, 1) < 0)
		return 0;
	before = file->_flags & ERROR_SEEN;
	file->_flags &= ~ERROR_SEEN;
	while (used < limit && wide != L'\n') {
		wide = get_character(file);
		if (wide == WEOF)
			break;
		line[used++] = (wchar_t)wide;
	}
	if (ferror_unlocked(file))
		used = 0;
	file->_flags |= before;
	return used;
}

static wchar_t *get_line(wchar_t *line, int n, FILE *file)
{
	size_t used;

	if (n <= 0)
		return NULL;
	flockfile(file);
	used = get_characters(line, (size_t)n - 1, file);
	funlockfile(file);
	if (!used && n > 1)
		return NULL;
	line[used] = L'\0';
	return line;
}

/* There is room for so many, whatever the caller says. */
static wchar_t *get_line_checked(wchar_t *line, size_t room, int n, FILE *file)
{
	size_t limit = n > 0 ? (size_t)n - 1 : 0;
	size_t used;

	if (limit < room)
		return get_line(line, n, file);
	flockfile(file);
	used = get_characters(line, room, file);
	funlockfile(file);
	if (!used)
		return NULL;
	if (used >= room)
		__chk_fail();
	line[used] = L'\0';
	return line;
}

UL_EXPORT wint_t fgetwc(FILE *file)
{
	return is_ours(file) ? get_wide_locked(file) : UL_REAL(fgetwc)(file);
}

UL_EXPORT wint_t getwc(FILE *file)
{
	return is_ours(file) ? get_wide_locked(file) : UL_REAL(getwc)(file);
}

UL_EXPORT wint_t fgetwc_unlocked(FILE *file)
{
	return is_ours(file) ? get_wide(file) : UL_REAL(fgetwc_unlocked)(file);
}

UL_EXPORT wint_t getwc_unlocked(FILE *file)
{
	return is_ours(file) ? get_wide(file) : UL_REAL(getwc_unlocked)(file);
}

UL_EXPORT wint_t getwchar(void)
{
	return is_ours(stdin) ? get_wide_locked(stdin) : UL_REAL(getwchar)();
}

UL_EXPORT wint_t getwchar_unlocked(void)
{
	return is_ours(stdin) ? get_wide(stdin) : UL_REAL(getwchar_unlocked)();
}

UL_EXPORT wchar_t *fgetws(wchar_t *line, int room, FILE *file)
{
	return is_ours(file) ? get_line(line, room, file) :
			       UL_REAL(fgetws)(line, room, file);
}

UL_EXPORT wchar_t *fgetws_unlocked(wchar_t *line, int room, FILE *file)
{
	return is_ours(file) ? get_line(line, room, file) :
			       UL_REAL(fgetws_unlocked)(line, room, file);
}

UL_EXPORT wchar_t *__fgetws_chk(wchar_t *line, size_t room, int n, FILE *file)
{
	return is_ours(file) ? get_line_checked(line, room, n, file) :
			       UL_REAL(__fgetws_chk)(line, room, n, file);
}

UL_EXPORT wchar_t *__fgetws_unlocked_chk(wchar_t *line, size_t room, int n,
					 FILE *file)
{
	return is_ours(file) ?
		       get_line_checked(line, room, n, file) :
		       UL_REAL(__fgetws_unlocked_chk)(line, room, n, file);
}

/* The bytes go back, the last one first. */
UL_EXPORT wint_t ungetwc(wint_t wide, FILE *file)
{
	char bytes[MB_LEN_MAX];
	mbstate_t state;
	size_t n;

	if (!is_ours(file))
		return UL_REAL(ungetwc)(wide, file);
	ul_stdio_orient(file, 1);
	memset(&state, 0, sizeof(state));
	n = wide == WEOF ? (size_t)-1 : wcrtomb(bytes, (wchar_t)wide, &state);
	if (n == (size_t)-1)
		return WEOF;
	while (n)
		if (ungetc((unsigned char)bytes[--n], file) == EOF)
			return WEOF;
	return wide;
}

UL_EXPORT int fwide(FILE *file, int mode)
{
	return is_ours(file) ? ul_stdio_orient(file, mode) :
			       UL_REAL(fwide)(file, mode);
}

/*
 * What fwscanf and its relatives come down to is not interposable; so they
 * are: four functions for each standard of C, whose names differ by a prefix.
 * <wchar.h> gives the plain ones to another standard's functions, so that they
 * have names of ours here.
 */
typedef int scan_fn(FILE *file, const wchar_t *format, va_list ap);

static int scan(scan_fn *next, FILE *file, const wchar_t *format, va_list ap)
{
	if (!is_ours(file))
		return next(file, format, ap);
	ul_io_refuse("fwscanf: a stub cannot be read by formatted wide input");
	errno = ENOTSUP;
	return EOF;
}

/*
 * C23's came with glibc 2.38. With an older one no program is linked to them,
 * but dlsym(3) finds ours: then they are C99's, which know all but binary
 * numbers.
 */
static scan_fn *c23_scan(void)
{
	scan_fn *next = UL_REAL(__isoc23_vfwscanf);

	return next ? next : UL_REAL(__isoc99_vfwscanf);
}

#define SCAN_LAST(next, file, format)                                          \
	va_list ap;                                                            \
	int result;                                                            \
	va_start(ap, format);                                                  \
	result = scan(next, file, format, ap);                                 \
	va_end(ap);                                                            \
	return result

#define SCANS(standard, prefix, next)                                          \
	int ul_##standard##_fwscanf(FILE *file, const wchar_t *format, ...)    \
		__asm__(prefix "fwscanf");                                     \
	int ul_##standard##_wscanf(const wchar_t *format, ...)                 \
		__asm__(prefix "wscanf");                                      \
	int ul_##standard##_vfwscanf(FILE *file, const wchar_t *format,        \
				     va_list ap) __asm__(prefix "vfwscanf");   \
	int ul_##standard##_vwscanf(const wchar_t *format, va_list ap)         \
		__asm__(prefix "vwscanf");                                     \
	UL_EXPORT int ul_##standard##_fwscanf(FILE *file,                      \
					      const wchar_t *format, ...)      \
	{                                                                      \
		SCAN_LAST(next, file, format);                                 \
	}                                                                      \
	UL_EXPORT int ul_##standard##_wscanf(const wchar_t *format, ...)       \
	{                                                                      \
		SCAN_LAST(next, stdin, format);                                \
	}                                                                      \
	UL_EXPORT int ul_##standard##_vfwscanf(                                \
		FILE *file, const wchar_t *format, va_list ap)                 \
	{                                                                      \
		return scan(next, file, format, ap);                           \
	}                                                                      \
	UL_EXPORT int ul_##standard##_vwscanf(const wchar_t *format,           \
					      va_list ap)                      \
	{                                                                      \
		return scan(next, stdin, format, ap);                          \
	}

SCANS(c89, "", UL_REAL(vfwscanf))
SCANS(c99, "__isoc99_", UL_REAL(__isoc99_vfwscanf))
SCANS(c23, "__isoc23_", c23_scan())
