/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a library's constructor that asks for the first large block does
 * so under the loader's lock (libstdc++ does it when the JVM is started). The
 * engine's threads start then, and must not need that lock.
 */
#include <stdlib.h>
#include <string.h>

static char *block;

static __attribute__((constructor)) void in_constructor(void)
{
	block = malloc((size_t)8 << 20);
	if (block)
		memset(block, 1, 4096);
}

int constructed(void)
{
	return block && block[4095] == 1 && block[4096] == 0;
}
