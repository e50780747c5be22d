/* SPDX-License-Identifier: MIT */
/*
 * Rationale: an allocator of the program's own maps memory with its lock held,
 * and holds it over a fork. Whoever makes a thread then allocates from it: our
 * hook must not wait for a thread of ours that waits for that lock.
 *
 * With VICTIM_ALONE (foreign-malloc.sh) the policy has nothing for such memory:
 * then there is no thread of ours either, which some programs make sure of.
 * With VICTIM_STREAMS (user-mode-malloc.sh) libc's streams, whose buffers come
 * from this allocator, are read. Like others it asks for the time.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/preload/victim.h"

#define CHUNK (4 * MIB)
#define HEAD 16				/* a block's size, before it */
#define EXPORT __attribute__((visibility("default")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *chunk;
static size_t left;

static void *take(size_t size)
{
	/* Whole pages lie on pages, as a stream's buffer does in jemalloc. */
	bool pages = size && size % PAGE == 0;
	struct timespec now;
	char *block;

	clock_gettime(CLOCK_MONOTONIC, &now);
	size = (size + HEAD + 15 + (pages ? PAGE : 0)) & ~(size_t)15;
	if (size > CHUNK)
		return NULL;
	pthread_mutex_lock(&lock);
	if (left < size) {
		chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		left = chunk == MAP_FAILED ? 0 : CHUNK;
	}
	block = left ? chunk : NULL;
	if (block) {
		chunk += size;
		left -= size;
		if (pages) {
			block += -(uintptr_t)(block + HEAD) % PAGE;
			size -= PAGE;
		}
		memcpy(block, &size, sizeof(size));
	}
	pthread_mutex_unlock(&lock);
	return block ? block + HEAD : NULL;
}

EXPORT void *malloc(size_t size)
{
	return take(size);
}

EXPORT void free(void *block)
{
	(void)block;
}

EXPORT void *calloc(size_t count, size_t size)
{
	void *block = take(count * size);

	return block ? memset(block, 0, count * size) : NULL;
}

EXPORT void *realloc(void *block, size_t size)
{
	char *moved = take(size);
	size_t old = 0;

	if (block)
		memcpy(&old, (char *)block - HEAD, sizeof(old));
	if (moved && block)
		memcpy(moved, block, old - HEAD < size ? old - HEAD : size);
	return moved;
}

static void hold(void)
{
	pthread_mutex_lock(&lock);
}

static void release(void)
{
	pthread_mutex_unlock(&lock);
}

/* Enough for some chunks; and all of it can be used. */
static void allocate_some(void)
{
	for (int i = 0; i < 40; i++) {
		char *block = malloc(MIB / 2);

		CHECK(block != NULL);
		memset(block, i, MIB / 2);
	}
}

static void read_streams(const char *path)
{
	for (int i = 0; i < 200; i++) {
		char *block = malloc(100000);
		FILE *stream = fopen(path, "r");

		CHECK(stream && getc(stream) == 0x7f);
		fclose(stream);
		memset(block, i, 100);
	}
}

int main(int argc, char **argv)
{
	struct stat threads;
	char *memory;
	pid_t child;
	int status;

	if (getenv("VICTIM_ALONE")) {
		CHECK(stat("/proc/self/task", &threads) == 0);
		CHECK(threads.st_nlink == 3);
	}
	(void)argc;
	if (getenv("VICTIM_STREAMS"))
		read_streams(argv[0]);
	pthread_atfork(hold, release, release);
	allocate_some();
	memory = map_anonymous(4 * MIB);
	CHECK(holds(memory, memory_at, 0, PAGE));
	child = fork();
	if (child == 0) {
		CHECK(holds(memory, memory_at, 0, 4 * MIB));
		allocate_some();
		memory = map_anonymous(4 * MIB);
		CHECK(holds(memory, memory_at, 0, 4 * MIB));
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(holds(memory, memory_at, 0, 4 * MIB));
	return 0;
}
