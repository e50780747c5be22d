/* SPDX-License-Identifier: MIT */
/*
 * Rationale: munmap, mprotect and madvise of a part split the kernel's mapping;
 * one fill cannot cross such a border, and what is gone must stay gone.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#define LENGTH (1 * MIB)

static int hooked_munmap(void *at, size_t length)
{
	return munmap(at, length);
}

/* Every second pair of pages is taken out, the rest read backwards. */
static void check_holes(int (*unmap)(void *at, size_t length))
{
	char *memory = map_anonymous(LENGTH);
	char *file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);

	CHECK(holds(memory + 40 * PAGE, memory_at, 40 * PAGE, 10 * PAGE));
	for (size_t at = 0; at < LENGTH; at += 4 * PAGE) {
		CHECK(unmap(memory + at, 2 * PAGE) == 0);
		CHECK(unmap(file + at, 2 * PAGE) == 0);
	}
	for (size_t at = LENGTH; at;) {
		at -= 4 * PAGE;
		CHECK(holds(memory + at + 2 * PAGE, memory_at, at + 2 * PAGE,
			    2 * PAGE));
		CHECK(holds(file + at + 2 * PAGE, file_at, at + 2 * PAGE,
			    2 * PAGE));
		CHECK(signal_of_reading(memory + at) == SIGSEGV);
		CHECK(signal_of_reading(file + at + PAGE) == SIGSEGV);
	}
	CHECK(holds(file + LENGTH, file_at, LENGTH, PATTERN_LENGTH - LENGTH));
	CHECK(unmap(memory, LENGTH) == 0);
	CHECK(unmap(file, PATTERN_LENGTH) == 0);
}

static void check_protection(void)
{
	char *memory = map_anonymous(LENGTH);

	for (size_t at = 0; at < LENGTH; at += 3 * PAGE)
		CHECK(mprotect(memory + at, PAGE, PROT_NONE) == 0);
	for (size_t at = PAGE; at < LENGTH; at += 3 * PAGE)
		CHECK(mprotect(memory + at, PAGE, PROT_READ) == 0);
	for (size_t at = 0; at < LENGTH; at += PAGE) {
		int kind = (int)(at / PAGE % 3);

		if (kind == 0)
			CHECK(signal_of_reading(memory + at) == SIGSEGV);
		else
			CHECK(holds(memory + at, memory_at, at, PAGE));
	}
	CHECK(mprotect(memory, LENGTH, PROT_READ | PROT_WRITE) == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	memset(memory, 'w', LENGTH);
	CHECK(memory[LENGTH - 1] == 'w');
	munmap(memory, LENGTH);
}

static void check_advice(void)
{
	char *memory = map_anonymous(LENGTH);

	for (size_t at = 0; at < LENGTH; at += 4 * PAGE)
		CHECK(madvise(memory + at, PAGE, MADV_RANDOM) == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	munmap(memory, LENGTH);
}

/* A block that was split is freed and resized as a whole. */
static void check_block(void)
{
	char *block = allocate(LENGTH);

	if (!has_store())
		memset(block, 0, LENGTH);
	block = launder(block);
	for (size_t at = (-(uintptr_t)block & (PAGE - 1)) + PAGE;
	     at + PAGE < LENGTH; at += 4 * PAGE)
		CHECK(mprotect(block + at, PAGE, PROT_READ) == 0);
	block = launder(realloc(block, 2 * LENGTH));
	CHECK(holds(block, memory_at, 0, LENGTH));
	free(block);
}

int main(void)
{
	check_holes(hooked_munmap);
	check_holes(raw_munmap);
	check_protection();
	check_advice();
	check_block();
	return 0;
}
