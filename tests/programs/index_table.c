/* SPDX-License-Identifier: MIT */
/*
 * index_table.c - a table that is allocated in one function and never filled
 *
 *	index_table SIZE
 *
 * It writes the table to standard output. Compiled with BUILD_INDEX_SHARED the
 * function is a shared library's, else a static one of this file. Another
 * allocation of the same size, made elsewhere, must be what malloc gives:
 * whether it is zeros is what the exit status tells.
 */
#include "tests/programs/index_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BUILD_INDEX_SHARED
static __attribute__((noinline)) char *build_index(size_t size)
{
	char *table = malloc(size);

	/* Not a tail call: this function is to be found on the stack. */
	__asm__ volatile("" : : "r"(table) : "memory");
	return table;
}
#endif

static __attribute__((noinline)) char *make_scratch(size_t size)
{
	char *scratch = malloc(size);

	/* Other code than build_index, or the compiler makes one of both. */
	__asm__ volatile("nop");
	__asm__ volatile("" : : "r"(scratch) : "memory");
	return scratch;
}

int main(int argc, char **argv)
{
	size_t size, i;
	char *scratch;
	char *table;

	if (argc != 2)
		return 2;
	size = strtoul(argv[1], NULL, 0);
	scratch = make_scratch(size);
	table = build_index(size);
	if (!scratch || !table)
		return 1;
	for (i = 0; i < size; i++) {
		if (scratch[i] != 0)
			return 3;
	}
	if (fwrite(table, 1, size, stdout) != size || fflush(stdout) != 0)
		return 1;
	/* What is written stays, and the end of a block can be given back. */
	memset(table, 'x', size);
	table = realloc(table, size / 2);
	if (!table || table[0] != 'x' || table[size / 2 - 1] != 'x')
		return 4;
	free(table);
	free(scratch);
	return 0;
}
