/* SPDX-License-Identifier: MIT */
/*
 * letters.c - the program of the userfaultfd(2) manual's example, without its
 * userfaultfd: map COUNT anonymous pages, and read a byte every 1,024 bytes
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096

int main(int argc, char **argv)
{
	size_t length, at;
	char *memory;

	if (argc != 2)
		return 2;
	length = strtoul(argv[1], NULL, 0) * PAGE;
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	printf("Address returned by mmap() = %p\n", (void *)memory);
	for (at = 0xf; at < length; at += 1024)
		printf("Read address %p in main(): %c\n", (void *)&memory[at],
		       memory[at] ? memory[at] : '0');
	return 0;
}
