/* SPDX-License-Identifier: MIT */
/* many_ranges.c - maps as many pages as the argument says, one beside the other, in
 * as many calls, and prints how many of them hold the store's bytes ('t') */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, held = 0;
	char *memory = mmap(NULL, n * PAGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || munmap(memory, n * PAGE) < 0)
		return 1;
	for (size_t i = 0; i < n; i++)
		if (mmap(memory + i * PAGE, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		    MAP_FAILED)
			return 1;
	for (size_t i = 0; i < n; i++)
		held += memory[i * PAGE] == 't';
	printf("%zu\n", held);
	return 0;
}
