/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what a raw mremap(2) with MREMAP_DONTUNMAP leaves behind is
 * registered, and nobody's. It raises SIGBUS also where it lies below all
 * memory that is known, or where none is known any more: a thread that is woken
 * for nothing would fault again, and so for ever.
 *
 * modes: plain zero file blob
 * says: a raw mremap left the page at
 */
#include "config.h"

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define LENGTH (1 * MIB)

int main(void)
{
	int wanted = getenv("VICTIM_STORE") ? SIGBUS : 0;
	char *room = raw_mmap(NULL, 3 * LENGTH, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *low = mmap(room, LENGTH, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	char *high = room + 2 * LENGTH;

	CHECK(low == room);
	CHECK(holds(low, memory_at, 0, LENGTH));
	CHECK(raw_mremap(low, LENGTH, LENGTH,
			 MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
			 high) == high);
	CHECK(holds(high, memory_at, 0, LENGTH));
	CHECK_EQ(signal_of_reading(low), wanted);
	munmap(high, LENGTH);
	CHECK_EQ(signal_of_reading(low + PAGE), wanted);
	return 0;
}
