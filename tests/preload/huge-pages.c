/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a transparent huge page, made at the first touch or later by
 * khugepaged, would hide the small pages that are still missing. A file of huge
 * pages is the kernel's: it says at once where there are none.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include "tests/preload/raw.h"
#include "tests/preload/victim.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#define LENGTH (8 * MIB)

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif

static void check_huge_file(void)
{
	int fd = memfd_create("victim-huge", MFD_CLOEXEC | MFD_HUGETLB);
	char *by_kernel, *memory;

	if (fd < 0 || ftruncate(fd, 64 * (off_t)MIB) < 0)
		return;			/* it has no such */
	by_kernel = raw_mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			     fd, 0);
	if (by_kernel != MAP_FAILED)
		CHECK(raw_munmap(by_kernel, LENGTH) == 0);
	memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK_EQ(memory == MAP_FAILED, by_kernel == MAP_FAILED);
	if (memory != MAP_FAILED) {
		CHECK(holds_sparse(memory, zero_at, 0, LENGTH));
		CHECK(munmap(memory + PAGE, LENGTH - PAGE) == -1);
	}
	close(fd);
}

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
	check_huge_file();
	return 0;
}
