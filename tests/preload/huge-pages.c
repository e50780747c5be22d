/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a transparent huge page, made at the first touch or later by
 * khugepaged, would hide the small pages that are still missing.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include "tests/preload/victim.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#define LENGTH (8 * MIB)

int main(void)
{
	char *memory = map_anonymous(LENGTH);
	char *block = launder(aligned_alloc(2 * MIB, LENGTH));

	madvise(memory, LENGTH, MADV_HUGEPAGE);
	madvise(block, LENGTH, MADV_HUGEPAGE);
	memory[3 * MIB] = 'w';
	block[3 * MIB] = 'w';
	madvise(memory, LENGTH, MADV_COLLAPSE);
	madvise(block, LENGTH, MADV_COLLAPSE);
	CHECK(memory[3 * MIB] == 'w');
	CHECK(block[3 * MIB] == 'w');
	memory[3 * MIB] = block[3 * MIB] = (char)memory_at(3 * MIB);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	free(block);
	return 0;
}
