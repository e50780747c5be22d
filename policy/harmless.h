/* SPDX-License-Identifier: MIT */
/*
 * harmless.h - what others have named, on its way to somebody's terminal
 *
 * No control character passes, and no newline that would make one line look like
 * two. C1, U+0080 to U+009f, are escape sequences of eight bits to many terminals:
 * as UTF-8, and as single bytes. Context of all: any; they allocate nothing.
 */
#ifndef UL_HARMLESS_H
#define UL_HARMLESS_H

#include <stddef.h>

/* How many bytes of text are one character; 1 for what is not UTF-8. */
static inline int ul_char_length(const unsigned char *text)
{
	int length = 1;

	if (*text >= 0xc2 && *text < 0xf5)
		length = *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;
	for (int i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 1;
	return length;
}

/* Is the character there, of so many bytes, a control? */
static inline int ul_is_control(const unsigned char *text, int length)
{
	if (length == 1)
		return *text < 0x20 || (*text >= 0x7f && *text < 0xa0);
	return *text == 0xc2 && text[1] < 0xa0;
}

/* Every byte of a control becomes '?'. */
static inline void ul_make_harmless(char *text)
{
	unsigned char *at = (unsigned char *)text;

	while (*at) {
		int length = ul_char_length(at);
		int is_control = ul_is_control(at, length);

		for (; length; length--, at++)
			if (is_control)
				*at = '?';
	}
}

/* Append text to the line that is used bytes long and has room for so many, the
 * bytes of controls as \xHH. Returns its length. What does not fit is cut off, never
 * within a \xHH. */
static inline size_t ul_put_printable(char *line, size_t used, size_t room,
				      const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		int length = ul_char_length(at);
		int is_control = ul_is_control(at, length);

		for (; length; length--, at++) {
			if (used + (is_control ? 4 : 1) > room)
				return used;
			if (!is_control) {
				line[used++] = (char)*at;
				continue;
			}
			line[used++] = '\\';
			line[used++] = 'x';
			line[used++] = digits[*at >> 4];
			line[used++] = digits[*at & 15];
		}
	}
	return used;
}

#endif
