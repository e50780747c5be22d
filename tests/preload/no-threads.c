/* SPDX-License-Identifier: MIT */
/*
 * Rationale: where no thread can be made, memory is filled at once, with the
 * right bytes. The limit is on an ordinary user's processes, so become one;
 * that user may have no userfaultfd either, which is the same to the program.
 *
 * modes: plain file blob
 * says: it is filled at once
 * lazy: no
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	struct rlimit none = { 0, 0 };
	char *memory, *block, *file;

	if (geteuid() != 0)
		SKIP("not root, who alone can become a user without processes");
	CHECK(setrlimit(RLIMIT_NPROC, &none) == 0);
	CHECK(setresuid(65531, 65531, 65531) == 0);
	memory = map_anonymous(LENGTH);
	block = allocate(LENGTH);
	file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	block = launder(realloc(block, 2 * LENGTH));
	free(block);
	CHECK(munmap(memory, LENGTH) == 0);
	return 0;
}
