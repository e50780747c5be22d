/* SPDX-License-Identifier: MIT */
/* in_sequence.c - maps a file, reads it in sequence, and prints it */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	struct stat st;
	char *bytes;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 3;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return 3;
	for (off_t i = 0; i < st.st_size; i++)
		putchar(bytes[i]);
	return fflush(stdout) == 0 ? 0 : 3;
}
