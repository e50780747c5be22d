/* SPDX-License-Identifier: MIT */
/* user_mode_fresh.h - memory that nobody has touched; for user_mode_*.c. */
#ifndef USER_MODE_FRESH_H
#define USER_MODE_FRESH_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "line %d: %s (%m)\n", __LINE__,        \
				#condition);                                   \
			exit(1);                                               \
		}                                                              \
	} while (0)

#define PAGE 4096
#define ARENA ((size_t)64 << 20)

/* Missing pages, of which the first is entered in its middle. */
static void *fresh(size_t size)
{
	static char *next, *end;
	size_t pages = (size + 3 * PAGE) / PAGE;
	char *at;

	if (!next || next + (pages + 64) * PAGE > end) {
		next = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(next != MAP_FAILED);
		end = next + ARENA;
	}
	/* Far enough from the last for no readahead to have come here. */
	at = next + 64 * PAGE;
	next = at + pages * PAGE;
	return at + PAGE - 24;
}

#endif
