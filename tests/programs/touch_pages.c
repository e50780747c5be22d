/* SPDX-License-Identifier: MIT */
/* touch_pages.c - map COUNT anonymous pages and write to each. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 256;
	char *memory;
	size_t i;

	memory = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	for (i = 0; i < count; i++) {
		if (memory[i * PAGE] != 0)
			return 1;
		memory[i * PAGE] = 1;
	}
	printf("%zu pages\n", count);
	return 0;
}
