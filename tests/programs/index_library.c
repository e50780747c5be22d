/* SPDX-License-Identifier: MIT */
/* index_library.c - build_index, as a shared library exports it. */
#include "tests/programs/index_table.h"

#include <stdlib.h>

__attribute__((visibility("default"))) char *build_index(size_t size)
{
	char *table = malloc(size);

	/* Not a tail call: this function is to be found on the stack. */
	__asm__ volatile("" : : "r"(table) : "memory");
	return table;
}
