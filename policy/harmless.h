/* SPDX-License-Identifier: MIT */
/*
 * harmless.h - what others have named, on its way to somebody's terminal
 *
 * No control character passes, and no newline that would make one line look like
 * two. C1, U+0080 to U+009f, are escape sequences of eight bits to many terminals:
 * as UTF-8, and as single bytes.
 */
#ifndef UL_HARMLESS_H
#define UL_HARMLESS_H

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

#endif
