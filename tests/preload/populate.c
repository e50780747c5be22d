/* SPDX-License-Identifier: MIT */
/*
 * Rationale: MAP_POPULATE and MAP_LOCKED make the kernel fill the mapping with
 * zeros before anybody could register it.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (4 * MIB)

int main(void)
{
	static const int flags[] = { MAP_POPULATE, MAP_LOCKED,
				     MAP_POPULATE | MAP_LOCKED,
				     MAP_POPULATE | MAP_NONBLOCK };
	char *other = map_anonymous(LENGTH);

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int fd = open_file();
		char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | flags[i], -1,
				    0);
		char *file = mmap(NULL, PATTERN_LENGTH, PROT_READ,
				  MAP_PRIVATE | flags[i], fd, 0);

		CHECK(memory != MAP_FAILED);
		CHECK(file != MAP_FAILED);
		CHECK(holds(memory, memory_at, 0, LENGTH));
		CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
		memset(memory, 'w', LENGTH);
		munmap(memory, LENGTH);
		munmap(file, PATTERN_LENGTH);
		close(fd);
	}
	CHECK(holds(other, memory_at, 0, LENGTH));
	return 0;
}
