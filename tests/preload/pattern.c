/* SPDX-License-Identifier: MIT */
/* pattern.c - writes the pattern of victim.h to standard output. */
#include "config.h"

#include "tests/preload/victim.h"

int main(void)
{
	for (size_t i = 0; i < PATTERN_LENGTH; i++)
		putchar(pattern_at(i));
	return fflush(stdout) ? 1 : 0;
}
