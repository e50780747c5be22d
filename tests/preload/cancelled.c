/* SPDX-License-Identifier: MIT */
/*
 * Rationale: mmap and malloc are no cancellation points. A thread with a
 * cancellation pending must come out of them, with its memory, and leave no
 * lock of ours behind.
 */
#include "config.h"

#include <pthread.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static char *file, *block, *memory;

static void *doomed(void *argument)
{
	(void)argument;
	pthread_cancel(pthread_self());
	memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	block = malloc(LENGTH);
	file = mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE,
		    (int)(size_t)argument, 0);
	munmap(memory, LENGTH);
	free(block);
	memory = (char *)1;
	pthread_testcancel();
	return NULL;
}

int main(void)
{
	int fd = open_file();
	pthread_t thread;
	void *result;

	for (int i = 0; i < 3; i++) {
		file = memory = block = NULL;
		CHECK(pthread_create(&thread, NULL, doomed,
				     (void *)(size_t)fd) == 0);
		CHECK(pthread_join(thread, &result) == 0);
		CHECK(result == PTHREAD_CANCELED);
		CHECK(memory == (char *)1);
		CHECK(file != MAP_FAILED && file);
		CHECK(holds(file, file_at, 0, LENGTH));
		munmap(file, LENGTH);
	}
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	return 0;
}
