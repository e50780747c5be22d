/* SPDX-License-Identifier: MIT */
/*
 * Rationale: where a store ends inside a page the rest of it is zeros, never
 * another page's bytes; beyond it anonymous memory is zeros and a mapped file
 * raises SIGBUS.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <sys/syscall.h>

#include "tests/preload/victim.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#define ALL (PATTERN_LENGTH + 64 * PAGE)

/* The last page first, and last. */
static void check(char *memory, victim_byte_fn *byte, bool last_first,
		  size_t length)
{
	size_t last = PATTERN_LENGTH & ~(PAGE - 1);

	if (last_first)
		CHECK(holds(memory + last, byte, last, PAGE));
	CHECK(holds(memory, byte, 0, length));
}

/* Past the end, whoever has met it before. */
static void check_populate(char *file, size_t after)
{
	if (madvise(file, PAGE, MADV_POPULATE_READ) < 0)
		return;			/* Linux before 5.14 */
	CHECK(madvise(file, ALL, MADV_POPULATE_READ) == -1);
	CHECK_EQ(errno, EFAULT);
	CHECK(madvise(file + after, PAGE, MADV_POPULATE_READ) == -1);
	CHECK_EQ(errno, EFAULT);
	CHECK(syscall(SYS_madvise, file, ALL, MADV_POPULATE_READ) == -1);
	CHECK_EQ(errno, EFAULT);
}

int main(void)
{
	size_t after = (PATTERN_LENGTH + PAGE - 1) & ~(PAGE - 1);

	for (int last_first = 0; last_first < 2; last_first++) {
		char *memory = map_anonymous(ALL);
		char *block = allocate(ALL);
		char *private = map_file(ALL, PROT_READ, MAP_PRIVATE);
		char *shared = map_file(ALL, PROT_READ, MAP_SHARED);

		check(memory, memory_at, last_first, ALL);
		if (has_store())
			check(block, memory_at, last_first, ALL);
		check(private, file_at, last_first, after);
		check(shared, file_at, last_first, after);
		CHECK(signal_of_reading(private + after) == SIGBUS);
		CHECK(victim_signal_address == private + after);
		CHECK(signal_of_reading(shared + after + PAGE) == SIGBUS);
		CHECK(victim_signal_address == shared + after + PAGE);
		check_populate(private, after);
		check_populate(shared, after);
		munmap(memory, ALL);
		munmap(private, ALL);
		munmap(shared, ALL);
		free(block);
	}
	return 0;
}
