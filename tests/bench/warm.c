/* SPDX-License-Identifier: MIT */
/*
 * warm.c - make memory and files quick to get
 *
 *	warm MIB [FILE...]
 *
 * A virtual machine hands memory that is free back to its host, and the next
 * who touches it pays for that: so touch as much of it as the next program is
 * going to need, and read the files that it is going to read.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static void read_all(const char *path)
{
	static char buffer[1 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		bench_die(path);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	size_t length = argc > 1 ? strtoull(argv[1], NULL, 10) << 20 : 0;
	char *memory;

	for (int i = 2; i < argc; i++)
		read_all(argv[i]);
	if (!length)
		return 0;
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		bench_die("mmap");
	madvise(memory, length, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < length; at += PAGE)
		*(volatile char *)(memory + at) = 1;
	return 0;
}
