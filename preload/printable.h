/* SPDX-License-Identifier: MIT */
/*
 * printable.h - what others have named, in a line for a terminal
 *
 * A path, a stub's text or a variable may hold anything: an escape sequence, or a
 * newline and then a line like ours. So controls are shown as \xHH.
 */
#ifndef UL_PRINTABLE_H
#define UL_PRINTABLE_H

#include <stddef.h>

/* How many bytes of text are one control character: of C1, UTF-8 has two. */
static inline size_t ul_control_length(const unsigned char *text)
{
	if (*text < 0x20 || *text == 0x7f)
		return *text != '\0';
	return text[0] == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0 ? 2 : 0;
}

/* Append text to the line that is used bytes long and has room for so many;
 * returns its length. What does not fit is cut off, never within a \xHH. */
static inline size_t ul_put_printable(char *line, size_t used, size_t room,
				      const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = (const unsigned char *)text;
	size_t escape = 0;		/* so many bytes from here on */

	for (; *from; from++) {
		escape = escape ? escape : ul_control_length(from);
		if (used + (escape ? 4 : 1) > room)
			break;
		if (!escape) {
			line[used++] = (char)*from;
			continue;
		}
		line[used++] = '\\';
		line[used++] = 'x';
		line[used++] = digits[*from >> 4];
		line[used++] = digits[*from & 15];
		escape--;
	}
	return used;
}

#endif
