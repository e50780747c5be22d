/* SPDX-License-Identifier: MIT */
/* pageset.c - see pageset.h. */
#include "config.h"

#include "preload/engine/arena.h"
#include "preload/engine/pageset.h"

static size_t words(size_t bits)
{
	return (bits + 63) / 64;
}

static size_t blocks(size_t bits)
{
	return (bits + UL_BITS_BLOCK - 1) / UL_BITS_BLOCK;
}

/* Words for one row of bits. */
static size_t row_words(size_t bits)
{
	return words(blocks(bits)) + words(bits);
}

static size_t bytes_needed(size_t pages)
{
	return sizeof(struct ul_pageset) +
	       5 * row_words(pages) * sizeof(uint64_t);
}

struct ul_pageset *ul_pageset_new(size_t pages)
{
	struct ul_pageset *set = ul_arena_alloc(bytes_needed(pages));
	uint64_t *room;

	if (!set)
		return NULL;
	set->pages = pages;
	set->users = 1;
	room = (uint64_t *)(set + 1);
	set->filled->used = room;
	set->zeros->used = room + words(blocks(pages));
	set->wiped->used = room + 2 * words(blocks(pages));
	set->closed->used = room + 3 * words(blocks(pages));
	set->guards->used = room + 4 * words(blocks(pages));
	room += 5 * words(blocks(pages));
	set->filled->words = room;
	set->zeros->words = room + words(pages);
	set->wiped->words = room + 2 * words(pages);
	set->closed->words = room + 3 * words(pages);
	set->guards->words = room + 4 * words(pages);
	return set;
}

void ul_pageset_get(struct ul_pageset *set)
{
	set->users++;
}

void ul_pageset_put(struct ul_pageset *set)
{
	if (--set->users == 0)
		ul_arena_free(set, bytes_needed(set->pages));
}

static bool is_used(const struct ul_bits *bits, size_t at)
{
	size_t block = at / UL_BITS_BLOCK;

	return bits->used[block / 64] >> (block % 64) & 1;
}

/* How many of [at, at + count) lie in one word of a block in use; or, with a
 * mask of 0, how many can be skipped because they are clear. */
static size_t next_run(const struct ul_bits *bits, size_t at, size_t count,
		       uint64_t *mask)
{
	size_t shift = at % 64;
	size_t take;

	*mask = 0;
	if (!is_used(bits, at)) {
		take = UL_BITS_BLOCK - at % UL_BITS_BLOCK;
		return take < count ? take : count;
	}
	take = 64 - shift < count ? 64 - shift : count;
	*mask = (take == 64 ? ~UINT64_C(0) : (UINT64_C(1) << take) - 1)
		<< shift;
	return take;
}

static void use(struct ul_bits *bits, size_t first, size_t count)
{
	for (size_t block = first / UL_BITS_BLOCK;
	     count && block <= (first + count - 1) / UL_BITS_BLOCK; block++)
		bits->used[block / 64] |= UINT64_C(1) << (block % 64);
}

size_t ul_bits_set(struct ul_bits *bits, size_t first, size_t count, bool value)
{
	size_t changed = 0;

	if (value)
		use(bits, first, count);
	while (count) {
		uint64_t mask;
		size_t take = next_run(bits, first, count, &mask);

		if (mask) {
			uint64_t *word = &bits->words[first / 64];

			changed += (size_t)__builtin_popcountll(
				mask & (value ? ~*word : *word));
			*word = value ? *word | mask : *word & ~mask;
		}
		first += take;
		count -= take;
	}
	return changed;
}

size_t ul_bits_count(const struct ul_bits *bits, size_t first, size_t count)
{
	size_t set = 0;

	while (count) {
		uint64_t mask;
		size_t take = next_run(bits, first, count, &mask);

		if (mask)
			set += (size_t)__builtin_popcountll(
				mask & bits->words[first / 64]);
		first += take;
		count -= take;
	}
	return set;
}

size_t ul_bits_find(const struct ul_bits *bits, size_t first, size_t count)
{
	while (count) {
		uint64_t mask;
		size_t take = next_run(bits, first, count, &mask);
		uint64_t word = mask ? bits->words[first / 64] & mask : 0;

		if (word)
			return (first & ~(size_t)63) +
			       (size_t)__builtin_ctzll(word);
		first += take;
		count -= take;
	}
	return first;
}

/* to is all clear. */
static void copy_bits(struct ul_bits *to, const struct ul_bits *from,
		      size_t first, size_t count)
{
	for (size_t at = 0; at < count;) {
		uint64_t mask;
		size_t take = next_run(from, first + at, count - at, &mask);
		uint64_t bits = mask ? from->words[(first + at) / 64] & mask : 0;

		for (bits >>= (first + at) % 64; bits; bits &= bits - 1)
			ul_bits_set(to, at + (size_t)__builtin_ctzll(bits), 1,
				    true);
		at += take;
	}
}

struct ul_pageset *ul_pageset_copy(const struct ul_pageset *old, size_t first,
				   size_t count, size_t pages)
{
	struct ul_pageset *set = ul_pageset_new(pages);

	if (!set)
		return NULL;
	copy_bits(set->filled, old->filled, first, count);
	copy_bits(set->zeros, old->zeros, first, count);
	copy_bits(set->wiped, old->wiped, first, count);
	copy_bits(set->closed, old->closed, first, count);
	copy_bits(set->guards, old->guards, first, count);
	return set;
}
