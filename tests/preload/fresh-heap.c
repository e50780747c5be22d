/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program whose first blocks have always been zeros may have come to
 * count on it without knowing. What we and our libraries allocate before main,
 * and give back, is no part of its heap.
 *
 * lazy: no
 */
#include "config.h"

#include <stdlib.h>

#include "tests/preload/victim.h"

int main(void)
{
	size_t dirty = 0;

	for (size_t size = 24; size <= 1032; size += 16) {
		for (int i = 0; i < 7; i++) {
			const unsigned char *block = allocate(size);

			for (size_t at = 0; at < size; at++)
				dirty += block[at] != 0;
		}
	}
	CHECK_EQ(dirty, 0);
	return 0;
}
