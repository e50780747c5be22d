/* SPDX-License-Identifier: MIT */
/*
 * own_malloc.c - a program with a malloc of its own, over mmap
 *
 * Every block has its size before it; large ones are mappings of their own. Its
 * blocks must never reach our free, nor ours its own: it ends by 3 when a block
 * is not one of its own.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENA ((size_t)16 << 20)
#define LARGE ((size_t)1 << 20)
#define MARK 0x6f776e206d616c6cu

struct block {
	size_t size;
	size_t mark;
};

static char *arena;
static size_t used;
static unsigned long calls;

#define EXPORT __attribute__((visibility("default")))

EXPORT void *malloc(size_t size)
{
	struct block *block;

	if (!arena) {
		arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (arena == MAP_FAILED)
			_exit(4);
	}
	calls++;
	size = (size + 15) & ~(size_t)15;
	if (size >= LARGE) {
		block = mmap(NULL, size + sizeof(*block),
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (block == MAP_FAILED)
			return NULL;
		block->size = size;
		block->mark = MARK;
		return block + 1;
	}
	if (size > ARENA - used - sizeof(*block)) {
		errno = ENOMEM;
		return NULL;
	}
	block = (struct block *)(arena + used);
	used += sizeof(*block) + size;
	block->size = size;
	block->mark = MARK;
	return block + 1;
}

static struct block *block_of(void *memory)
{
	struct block *block = (struct block *)memory - 1;

	if (block->mark != MARK)
		_exit(3);
	return block;
}

EXPORT void free(void *memory)
{
	struct block *block;

	if (!memory)
		return;
	block = block_of(memory);
	if (block->size >= LARGE)
		munmap(block, block->size + sizeof(*block));
}

EXPORT void *calloc(size_t count, size_t size)
{
	/* volatile: so that it is not made a call of calloc again. */
	void *volatile memory = malloc(count * size);

	if (memory)
		memset(memory, 0, count * size);
	return memory;
}

EXPORT void *realloc(void *memory, size_t size)
{
	void *larger = malloc(size);

	if (larger && memory) {
		size_t old = block_of(memory)->size;

		memcpy(larger, memory, old < size ? old : size);
		free(memory);
	}
	return larger;
}

int main(void)
{
	unsigned long before = calls;
	char *big = malloc((size_t)32 << 20);
	char *copy, *line = NULL;
	size_t room = 0;
	FILE *file;

	if (!big)
		return 1;
	memset(big, 'o', (size_t)32 << 20);
	copy = strdup("libc's own strdup");	/* calls the program's */
	file = fopen("/proc/self/status", "r");
	if (!copy || !file || getline(&line, &room, file) < 0)
		return 1;
	fclose(file);
	free(line);
	free(copy);
	big = realloc(big, (size_t)64 << 20);
	if (!big || big[((size_t)32 << 20) - 1] != 'o')
		return 1;
	free(big);
	if (calls < before + 4)
		return 5;
	puts("own malloc: well");
	return 0;
}
