/* SPDX-License-Identifier: MIT */
/* stats_file.h - where the statistics lie; between stats.c and stats_file.c. */
#ifndef UL_STATS_FILE_H
#define UL_STATS_FILE_H

#include <stdbool.h>

#include "preload/engine/stat_abi.h"

/* Read the environment while the process is as it was started. header is the
 * beginning of the tables' memory, file_size of it in all. */
void ul_stats_file_init(struct ul_stat_header *header);

/*
 * Where the tables lie, from now on: in this file, which gets what was counted
 * so far; or in memory of the process's own, so that a fork's child does not
 * count into its parent's. False: there is no room for the file.
 */
bool ul_stats_lay_file(int fd);
void ul_stats_lay_memory(void);
/* An entry that was never used, all zeros, is about to be. */
void ul_stats_need(const struct ul_stat_table *table, uint32_t entry);
/* The disk is full: there is no file any more, and a line says so. */
void ul_stats_file_lost(void);

/* stats.c: set the counters back in a fork's child. */
void ul_stats_restart(void);

#endif
