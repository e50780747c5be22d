/* SPDX-License-Identifier: MIT */
/* size.c - sizes as people write them: "64KiB", "1.5MiB", "4096" */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "policy/policy.h"

/* "KiB" -> 10 bits. Returns -1 for what is no unit. */
static int unit_bits(const char *unit)
{
	static const char letters[] = "KMGTPE";
	const char *letter;

	if (unit[0] == '\0' || strcmp(unit, "B") == 0)
		return 0;
	letter = strchr(letters, unit[0]);
	if (!letter || strcmp(unit + 1, "iB") != 0)
		return -1;
	return 10 * (int)(letter - letters + 1);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * The digits behind the point, as a number of bytes. A fraction f/10^n of
 * 2^bits is whole only if 5^n divides f, so that n is at most bits once the
 * zeros at the end are gone, and the work stays small.
 */
static int parse_fraction(const char *digits, size_t n, int bits,
			  uint64_t *bytes)
{
	unsigned __int128 value = 0, scale = 1;

	while (n > 0 && digits[n - 1] == '0')
		n--;
	if (n > 18)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		value = value * 10 + (unsigned int)(digits[i] - '0');
		scale *= 10;
	}
	value <<= bits;
	if (value % scale != 0)
		return -EINVAL;
	*bytes = (uint64_t)(value / scale);
	return 0;
}

int ul_size_parse(const char *text, uint64_t *bytes)
{
	uint64_t whole = 0, part = 0;
	const char *digits = NULL;
	bool large = false;
	size_t n = 0;
	int bits;

	if (!is_digit(*text))
		return -EINVAL;
	for (; is_digit(*text); text++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *text - '0', &whole))
			large = true;
	if (*text == '.') {
		digits = ++text;
		for (; is_digit(*text); text++)
			n++;
		if (n == 0)
			return -EINVAL;
	}
	bits = unit_bits(text);
	if (bits < 0)
		return -EINVAL;
	if (large || (bits > 0 && whole >> (64 - bits) != 0))
		return -ERANGE;
	whole <<= bits;
	if (digits && parse_fraction(digits, n, bits, &part) < 0)
		return -EINVAL;
	if (__builtin_add_overflow(whole, part, &whole))
		return -ERANGE;
	*bytes = whole;
	return 0;
}
