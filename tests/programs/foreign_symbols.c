/* SPDX-License-Identifier: MIT */
/*
 * foreign_symbols.c - a program that exports names of libraries that we use
 *
 * Nothing in it calls them; whoever does has taken them for something else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VICTIM(name)                                                     \
	__attribute__((visibility("default"))) void name(void);          \
	void name(void)                                                  \
	{                                                                \
		fprintf(stderr, "%s of the program was called\n", #name); \
		abort();                                                 \
	}

VICTIM(json_loads)
VICTIM(json_loadb)
VICTIM(json_object_get)
VICTIM(ZSTD_decompress)
VICTIM(ZSTD_decompressDCtx)
VICTIM(ZSTD_createDCtx)
VICTIM(LZ4F_decompress)
VICTIM(XXH64)
VICTIM(unw_step)
VICTIM(unw_backtrace)
VICTIM(_ULx86_64_step)

static __attribute__((noinline)) char *build_index(size_t size)
{
	char *table = malloc(size);

	__asm__ volatile("" : : "r"(table) : "memory");
	return table;
}

int main(void)
{
	/* volatile: else build_index is cloned for this size, and renamed. */
	volatile size_t size = 4 << 20;
	char *table = build_index(size);

	if (!table || fwrite(table, 1, size, stdout) != size)
		return 1;
	free(table);
	return 0;
}
