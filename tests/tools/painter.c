/* SPDX-License-Identifier: MIT */
/* painter.c - touch memory in a pattern that stat-heatmap.sh knows. */
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096
#define CELL 16				/* pages of a 64th of 1,024 */

static volatile char *map(size_t pages)
{
	void *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		exit(1);
	return memory;
}

static void touch(volatile char *memory, size_t from, size_t to)
{
	for (size_t page = from; page < to; page++)
		memory[page * PAGE] = 1;
}

int main(void)
{
	volatile char *memory = map(1024);

	/* 12 cells that are full, 4 that were, 16 half full, 32 empty. */
	touch(memory, 0, 16 * CELL);
	for (size_t cell = 16; cell < 32; cell++)
		touch(memory, cell * CELL, cell * CELL + CELL / 2);
	madvise((void *)memory, 4 * CELL * PAGE, MADV_DONTNEED);

	/* Fewer pages than cells. */
	memory = map(10);
	touch(memory, 9, 10);

	/* Half of it leaves, and what is left is full. */
	memory = map(512);
	touch(memory, 128, 384);
	munmap((void *)memory, 128 * PAGE);
	munmap((void *)(memory + 384 * PAGE), 128 * PAGE);
	return 0;
}
