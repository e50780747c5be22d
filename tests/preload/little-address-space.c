/* SPDX-License-Identifier: MIT */
/*
 * Rationale: under RLIMIT_AS our own books and threads may find no room. The
 * memory is then filled at once, and what the program could have without us it
 * still gets, as far as there is room: we take tens of MiB, not hundreds.
 *
 * modes: plain zero file blob
 * lazy: no
 * quiet: no
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	struct rlimit some = { 320 * MIB, 320 * MIB };
	struct rlimit little = { 192 * MIB, 192 * MIB };
	char *memory, *file;

	CHECK(setrlimit(RLIMIT_AS, &some) == 0);
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(munmap(memory, LENGTH) == 0);
	memory = malloc(200 * MIB);
	CHECK(memory != NULL);
	free(memory);
	CHECK(setrlimit(RLIMIT_AS, &little) == 0);
	memory = map_anonymous(LENGTH);
	file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	/* what there is no room for is refused, not made up */
	CHECK(mmap(NULL, 512 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) == MAP_FAILED);
	CHECK(errno == ENOMEM);
	errno = 0;
	CHECK(malloc(512 * MIB) == NULL);
	CHECK(errno == ENOMEM);
	CHECK(munmap(memory, LENGTH) == 0);
	return 0;
}
