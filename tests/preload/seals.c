/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a memfd that is mapped privately can be sealed against writing. What
 * we have of it is no mapping that could write. What is written to a file by its
 * descriptor while it is mapped is there when it is first touched.
 *
 * modes: plain zero
 */
#include "config.h"

#include "tests/preload/victim.h"

static unsigned char written_at(size_t at)
{
	return at / PAGE == 5 ? 'w' : zero_at(at);
}

int main(void)
{
	int fd = memfd_create("victim", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char page[PAGE], *memory;

	CHECK(fd >= 0 && ftruncate(fd, MIB) == 0);
	memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(memory != MAP_FAILED);
	memset(page, 'w', sizeof(page));
	CHECK(pwrite(fd, page, sizeof(page), 5 * PAGE) == (ssize_t)PAGE);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK) == 0);
	CHECK(pwrite(fd, page, sizeof(page), 0) == -1 && errno == EPERM);
	CHECK(holds(memory, written_at, 0, MIB));
	memory[0] = 1;
	CHECK(memory[0] == 1);
	CHECK(munmap(memory, MIB) == 0);
	return 0;
}
