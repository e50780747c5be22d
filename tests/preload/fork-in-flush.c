/* SPDX-License-Identifier: MIT */
/*
 * Rationale: fork(2) waits for the locks of all streams, and another thread has
 * one while its stream's function touches lazy memory. The fault must be served
 * though a fork has begun; and the child has its streams and its memory.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define LENGTH (2 * MIB)
#define ROUNDS 40

static char *memory;
static atomic_size_t at;
static atomic_bool over;

static ssize_t touch_some(void *cookie, const char *bytes, size_t length)
{
	size_t page = atomic_fetch_add(&at, PAGE) % LENGTH;

	(void)cookie;
	(void)bytes;
	CHECK(holds(memory + page, memory_at, page, 16));
	return (ssize_t)length;
}

static void *flush(void *argument)
{
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){
						      .write = touch_some });

	(void)argument;
	CHECK(stream);
	while (!over) {
		fputs("some words", stream);
		fflush(NULL);
	}
	fclose(stream);
	return NULL;
}

int main(void)
{
	pthread_t threads[2];

	memory = map_anonymous(LENGTH);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, flush, NULL) == 0);
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			CHECK(fflush(NULL) == 0);
			CHECK(holds_sparse(memory, memory_at, 0, LENGTH));
			_exit(0);
		}
		wait_for(pid);
	}
	over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
