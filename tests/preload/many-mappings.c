/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a process may have some 65,530 mappings. Memory that is split until
 * the kernel refuses goes on to hold what it held.
 *
 * modes: plain zero file
 * quiet: no
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH ((size_t)70000 * 2 * PAGE)

int main(void)
{
	char *memory = map_anonymous(LENGTH);
	size_t at;
	char *more;

	for (at = PAGE; at < LENGTH; at += 2 * PAGE)
		if (mprotect(memory + at, PAGE, PROT_READ) < 0)
			break;
	if (at >= LENGTH)
		SKIP("no limit on mappings here");
	CHECK(errno == ENOMEM);
	for (size_t page = 0; page < LENGTH; page += 997 * PAGE)
		CHECK(holds(memory + page, memory_at, page, PAGE));
	CHECK(holds(memory, memory_at, 0, 8 * MIB));
	more = mmap(NULL, MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (more != MAP_FAILED)
		CHECK(holds(more, memory_at, 0, MIB));
	CHECK(munmap(memory, LENGTH) == 0);
	memory = map_anonymous(MIB);
	CHECK(holds(memory, memory_at, 0, MIB));
	return 0;
}
