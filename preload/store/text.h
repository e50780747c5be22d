/* SPDX-License-Identifier: MIT */
/*
 * text.h - put a message together where nothing may be called
 *
 * snprintf(3) may allocate and takes the locale's lock; on a fault's path
 * either can wait for the very thread that waits for us. These append to a
 * buffer, cut what does not fit, and call nothing. Context: any.
 */
#ifndef UL_TEXT_H
#define UL_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ul_text {
	char *buffer;
	size_t size; /* of the buffer; its last byte is for the NUL */
	size_t used; /* without the NUL, which is always there */
};

static inline void ul_text_init(struct ul_text *text, char *buffer, size_t size)
{
	text->buffer = buffer;
	text->size = size;
	text->used = 0;
	if (size > 0)
		buffer[0] = '\0';
}

/* Go on with what is in the buffer. */
static inline void ul_text_resume(struct ul_text *text, char *buffer,
				  size_t size)
{
	text->buffer = buffer;
	text->size = size;
	text->used = strlen(buffer);
}

static inline void ul_text_append_char(struct ul_text *text, char c)
{
	if (text->used + 1 >= text->size)
		return;
	text->buffer[text->used++] = c;
	text->buffer[text->used] = '\0';
}

static inline void ul_text_append_str(struct ul_text *text, const char *string)
{
	while (*string != '\0')
		ul_text_append_char(text, *string++);
}

static inline void ul_text_append_u64(struct ul_text *text, uint64_t value)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n > 0)
		ul_text_append_char(text, digits[--n]);
}

/* Lower case, at least width digits (up to 16), no 0x. */
static inline void ul_text_append_hex(struct ul_text *text, uint64_t value,
				      int width)
{
	int n = 16;

	while (n > 1 && n > width && (value >> ((n - 1) * 4)) == 0)
		n--;
	while (n > 0)
		ul_text_append_char(
			text, "0123456789abcdef"[(value >> (--n * 4)) & 15]);
}

/* What an error number means. strerror(3) translates, and allocates for it. */
static inline void ul_text_append_errno(struct ul_text *text, int error)
{
	const char *words = NULL;

	if (error < 0)
		error = -error;
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
#if __GLIBC_PREREQ(2, 32)
	words = strerrordesc_np(error);
#endif
#endif
	if (words) {
		ul_text_append_str(text, words);
		return;
	}
	ul_text_append_str(text, "error ");
	ul_text_append_u64(text, (uint64_t)error);
}

#endif
