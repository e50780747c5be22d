/* SPDX-License-Identifier: MIT */
/*
 * Rationale: fills and events work on runs of pages that begin and end inside
 * a word of bits. A run that is one bit off is a page of wrong bytes.
 */
#include "config.h"

#include "preload/engine/pageset.h"
#include "tests/unit/check.h"

#define PAGES 300

static unsigned int random_state = 12345;

static size_t random_below(size_t limit)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % limit;
}

/* Against an array of bytes, one for each bit. */
static void test_set_against_model(void)
{
	struct ul_pageset *set = ul_pageset_new(PAGES);
	char model[PAGES] = { 0 };

	for (int round = 0; round < 5000; round++) {
		size_t first = random_below(PAGES);
		size_t count = random_below(PAGES - first + 1);
		bool value = random_below(2);
		size_t changed = 0, at;

		for (size_t i = first; i < first + count; i++) {
			changed += model[i] != value;
			model[i] = value;
		}
		CHECK_EQ(ul_bits_set(set->filled, first, count, value),
			 changed);
		for (size_t i = 0; i < PAGES; i++)
			CHECK_EQ(ul_bits_get(set->filled, i), model[i]);
		for (at = first = random_below(PAGES); at < PAGES; at++)
			if (model[at])
				break;
		CHECK_EQ(ul_bits_find(set->filled, first, PAGES - first), at);
	}
	ul_pageset_put(set);
}

/* A copy of a part has the part's bits, and nothing behind them. */
static void test_copy_of_a_part(void)
{
	struct ul_pageset *set = ul_pageset_new(PAGES);

	for (size_t i = 0; i < PAGES; i++) {
		ul_bits_set(set->filled, i, 1, i % 3 == 0);
		ul_bits_set(set->zeros, i, 1, i % 5 == 0);
		ul_bits_set(set->wiped, i, 1, i % 11 == 0);
	}
	for (size_t first = 0; first < PAGES; first += 7) {
		for (size_t count = 1; first + count <= PAGES; count += 13) {
			struct ul_pageset *copy =
				ul_pageset_copy(set, first, count, PAGES);

			for (size_t i = 0; i < PAGES; i++) {
				bool in = i < count;

				CHECK_EQ(ul_bits_get(copy->filled, i),
					 in && (first + i) % 3 == 0);
				CHECK_EQ(ul_bits_get(copy->zeros, i),
					 in && (first + i) % 5 == 0);
				CHECK_EQ(ul_bits_get(copy->wiped, i),
					 in && (first + i) % 11 == 0);
			}
			ul_pageset_put(copy);
		}
	}
	ul_pageset_put(set);
}

/* What is given back and taken again begins with no bit set. */
static void test_reuse_is_clean(void)
{
	for (size_t pages = 1; pages < 100000; pages = pages * 3 + 1) {
		struct ul_pageset *set = ul_pageset_new(pages);

		ul_bits_set(set->filled, 0, pages, true);
		ul_bits_set(set->zeros, 0, pages, true);
		ul_bits_set(set->wiped, 0, pages, true);
		ul_pageset_put(set);
		set = ul_pageset_new(pages);
		for (size_t i = 0; i < pages; i++)
			CHECK(!ul_bits_get(set->filled, i) &&
			      !ul_bits_get(set->zeros, i) &&
			      !ul_bits_get(set->wiped, i));
		ul_pageset_put(set);
	}
}

int main(void)
{
	test_set_against_model();
	test_copy_of_a_part();
	test_reuse_is_clean();
	return 0;
}
