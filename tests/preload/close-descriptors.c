/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program that closes every descriptor, or puts its own on every
 * number, must not close ours: the last close of a userfaultfd turns missing
 * pages into zeros. And it sees no descriptor that it did not open.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <dirent.h>

#include "tests/preload/victim.h"

#define LENGTH (4 * MIB)

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int n = 0;

	CHECK(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

int main(void)
{
	int before = count_descriptors();
	char *memory = map_anonymous(LENGTH);
	int fd;

	CHECK(holds(memory, memory_at, 0, PAGE));
	CHECK_EQ(count_descriptors(), before);
	fd = open("/dev/null", O_RDWR);
	CHECK_EQ(fd, 3);
	for (int i = 4; i < 256; i++)
		CHECK(dup2(fd, i) == i);
	CHECK(holds(memory + MIB, memory_at, MIB, PAGE));
	for (int i = 3; i < 256; i++)
		close(i);
	CHECK(holds(memory + 2 * MIB, memory_at, 2 * MIB, PAGE));
	closefrom(3);
	CHECK(close_range(3, ~0U, 0) == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	closefrom(0);
	memory = map_anonymous(LENGTH);
	for (size_t i = 0; i < LENGTH; i += PAGE)
		if ((unsigned char)memory[i] != memory_at(i))
			return 1;
	return 0;
}
