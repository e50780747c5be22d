/* SPDX-License-Identifier: MIT */
/* index_table.h - where index_table.c gets its table from. */
#ifndef UL_TEST_INDEX_TABLE_H
#define UL_TEST_INDEX_TABLE_H

#include <stddef.h>

#ifdef BUILD_INDEX_SHARED
char *build_index(size_t size);
#endif

#endif
