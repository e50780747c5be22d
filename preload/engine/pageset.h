/* SPDX-License-Identifier: MIT */
/*
 * pageset.h - what the books say of each page of a mapping
 *
 * Five bits for each page:
 *   filled  we placed it, or found it there, and have not been told since that
 *           it was taken away
 *   zeros   if it is missing, it is zeros, whatever the store says: the
 *           program gave its bytes back (madvise)
 *   wiped   a fork's child finds zeros there (MADV_WIPEONFORK)
 *   closed  it could not be read when the program gave up its system calls
 *   guards  the program has made it a guard page (MADV_GUARD_INSTALL)
 *
 * The kernel has the last word on what is present; these bits are hints for
 * the shape of a fill, and the truth about what belongs into a missing page.
 * Pieces of a mapping that was cut share one set, each with its first page.
 * All under the baton.
 */
#ifndef UL_PAGESET_H
#define UL_PAGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A row of bits. Programs reserve terabytes and use some of them: `used` has a
 * bit for each block of 32,768, and where that is clear all of the block is,
 * and its memory was never touched.
 */
struct ul_bits {
	uint64_t *words;
	uint64_t *used;
};
#define UL_BITS_BLOCK ((size_t)1 << 15)

struct ul_pageset {
	size_t pages;			/* there is room for */
	unsigned int users;		/* regions */
	struct ul_bits filled[1];
	struct ul_bits zeros[1];
	struct ul_bits wiped[1];
	struct ul_bits closed[1];
	struct ul_bits guards[1];
};

/* One user. NULL: no memory. */
struct ul_pageset *ul_pageset_new(size_t pages);
void ul_pageset_get(struct ul_pageset *set);
void ul_pageset_put(struct ul_pageset *set);
/* A set of its own with room for pages, bits [first, first + count) of the old
 * one at its start. NULL: no memory. */
struct ul_pageset *ul_pageset_copy(const struct ul_pageset *old, size_t first,
				   size_t count, size_t pages);

static inline bool ul_bits_get(const struct ul_bits *bits, size_t at)
{
	return bits->words[at / 64] >> (at % 64) & 1;
}

/* The same of a set that may be changed or given back meanwhile: an old answer at
 * worst. Context: any. */
static inline bool ul_bits_peek(const struct ul_pageset *set,
				const struct ul_bits *bits, size_t at)
{
	const uint64_t *words = *(uint64_t *const volatile *)&bits->words;

	return at < set->pages && words && words[at / 64] >> (at % 64) & 1;
}

/* Set or clear [first, first + count). Returns how many bits changed. */
size_t ul_bits_set(struct ul_bits *bits, size_t first, size_t count,
		   bool value);
/* How many of [first, first + count) are set. */
size_t ul_bits_count(const struct ul_bits *bits, size_t first, size_t count);
/* The first of [first, first + count) that is set, or first + count. */
size_t ul_bits_find(const struct ul_bits *bits, size_t first, size_t count);

#endif
