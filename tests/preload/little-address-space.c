/* SPDX-License-Identifier: MIT */
/*
 * Rationale: under RLIMIT_AS our own books and threads may find no room. The
 * memory is then filled at once, and what the program could have without us it
 * still gets, as far as there is room: we take tens of MiB, not hundreds. A file
 * is mapped that there is room for once, but not twice.
 *
 * modes: plain zero file blob
 * lazy: no
 * quiet: no
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static size_t address_space(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	size_t pages;

	CHECK(statm && fscanf(statm, "%zu", &pages) == 1);
	fclose(statm);
	return pages * PAGE;
}

static void map_once(int flags)
{
	struct rlimit limit = { address_space() + 180 * MIB, 320 * MIB };
	int fd = memfd_create("victim", MFD_CLOEXEC);
	char *memory;

	CHECK(fd >= 0 && ftruncate(fd, 100 * MIB) == 0);
	CHECK(pwrite(fd, "x", 1, 50 * MIB) == 1);
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	memory = mmap(NULL, 100 * MIB, PROT_READ, flags, fd, 0);
	CHECK(memory != MAP_FAILED);
	CHECK(memory[50 * MIB] == 'x');
	CHECK(munmap(memory, 100 * MIB) == 0);
	close(fd);
}

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
	map_once(MAP_PRIVATE);
	map_once(MAP_SHARED);
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
