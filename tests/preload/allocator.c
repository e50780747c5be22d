/* SPDX-License-Identifier: MIT */
/*
 * Rationale: blocks cross the border between lazy and plain by realloc, come
 * from every function of the family, and are freed by one free. Ownership is
 * told by address; nothing lies in front of a block.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <malloc.h>

#include "tests/preload/victim.h"

#define SMALL (3 * KIB)
#define LARGE (1 * MIB)

static volatile size_t too_much = SIZE_MAX / 2;

static void check_family(void)
{
	size_t alignments[] = { 16, 64, PAGE, 64 * KIB, 2 * MIB };
	char *blocks[8];
	void *block = NULL;

	for (size_t i = 0; i < 5; i++) {
		size_t a = alignments[i];

		for (size_t size = SMALL; size <= LARGE; size *= 3) {
			blocks[0] = launder(memalign(a, size));
			blocks[1] = launder(aligned_alloc(a, size));
			CHECK(posix_memalign(&block, a, size) == 0);
			blocks[2] = launder(block);
			for (int k = 0; k < 3; k++) {
				CHECK((uintptr_t)blocks[k] % a == 0);
				CHECK(malloc_usable_size(blocks[k]) >= size);
				memset(blocks[k], k, malloc_usable_size(
							     blocks[k]));
			}
			for (int k = 0; k < 3; k++)
				free(blocks[k]);
		}
	}
	blocks[0] = launder(valloc(LARGE));
	blocks[1] = launder(pvalloc(LARGE + 1));
	CHECK(malloc_usable_size(blocks[1]) >= LARGE + PAGE);
	blocks[2] = launder(calloc(LARGE, 1));
	if (!has_store())
		CHECK(holds(blocks[2], zero_at, 0, LARGE));
	blocks[3] = launder(reallocarray(NULL, LARGE / 8, 8));
	for (int k = 0; k < 4; k++)
		free(blocks[k]);
	block = (void *)1;
	CHECK(posix_memalign(&block, 3, LARGE) == EINVAL);
	CHECK(block == (void *)1);
	errno = 0;
	CHECK(calloc(too_much, 3) == NULL && errno == ENOMEM);
	errno = 0;
	CHECK(reallocarray(NULL, too_much, 3) == NULL && errno == ENOMEM);
	CHECK(malloc_usable_size(NULL) == 0);
	free(NULL);
}

/* Up and down over the threshold, the bytes kept. */
static void check_resizing(void)
{
	static const size_t sizes[] = { SMALL, LARGE, 2 * LARGE + 5, 64 * KIB,
					64 * KIB - 1, 16 * LARGE, LARGE, 1,
					5 * LARGE, 100 };
	size_t last = 1;
	unsigned char *block = launder(malloc(1));

	block[0] = pattern_at(0);
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			size_t kept = last < sizes[i] ? last : sizes[i];

			block = launder(realloc(block, sizes[i]));
			CHECK(holds(block, pattern_at, 0, kept));
			for (size_t at = kept; at < sizes[i]; at++)
				block[at] = pattern_at(at);
			last = sizes[i];
		}
	}
	CHECK(realloc(block, too_much) == NULL);
	CHECK(holds(block, pattern_at, 0, last));
	free(block);
	block = launder(malloc(LARGE));
	CHECK(realloc(block, 0) == NULL);
}

int main(void)
{
	check_family();
	check_resizing();
	return 0;
}
