/* SPDX-License-Identifier: MIT */
/*
 * registry_table.h - the table of regions, for those who change it: registry.c
 *
 * What all others may ask of it is in region.h. All of this is under the baton.
 */
#ifndef UL_REGISTRY_TABLE_H
#define UL_REGISTRY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/engine/region.h"

/*
 * Regions: twice vm.max_map_count, within bounds; the least is for its default.
 * New ones may take half of it, for a cut must not fail: nobody would know whose
 * the upper part is, which the kernel goes on to ask us for. Whoever cuts has
 * split a mapping first, and those are limited.
 */
#define UL_TABLE_LEAST ((size_t)1 << 17)
#define UL_TABLE_MOST ((size_t)1 << 21)
size_t ul_table_room(void);

/* Once. Returns 0 or -ENOMEM. */
int ul_table_init(void);
/* Have memory for so many entries. */
bool ul_table_commit(size_t count);

/* Who looks without the baton waits in between. What begins in a change is a part
 * of it. */
void ul_table_change_begin(void);
void ul_table_change_end(void);

/* The index of the first entry that ends after address; and the region there,
 * NULL behind the last. */
size_t ul_table_index(uintptr_t address);
struct ul_region *ul_table_at(size_t at);

/* Returns 0 or -ENOMEM. */
int ul_table_insert(struct ul_region *region);
void ul_table_erase(size_t at);
/* Publish a region's new bounds; its place in the order does not change. */
void ul_table_rebound(size_t at, uintptr_t start, uintptr_t end);

#endif
