/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a library's constructor that asks for the first large block does
 * so under the loader's lock (libstdc++ does it when the JVM is started). The
 * engine's threads start then, and must not need that lock. Nor must a thread
 * that maps memory while the constructor, or the destructor, waits for it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char *block;

static __attribute__((constructor)) void in_constructor(void)
{
	block = malloc((size_t)8 << 20);
	if (block)
		memset(block, 1, 4096);
}

static void *in_thread(void *argument)
{
	char *volatile mine = malloc((size_t)8 << 20);

	if (mine)
		memset(mine, 1, 4096);
	free(mine);
	return argument;
}

static __attribute__((constructor, destructor)) void wait_for_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, in_thread, NULL))
		abort();
	pthread_join(thread, NULL);
}

int constructed(void)
{
	return block && block[4095] == 1 && block[4096] == 0;
}
