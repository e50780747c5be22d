/* SPDX-License-Identifier: MIT */
/* stats_file.h - where the statistics lie; between stats.c and stats_file.c. */
#ifndef UL_STATS_FILE_H
#define UL_STATS_FILE_H

#include "preload/engine/stat_abi.h"

/* Read the environment while the process is as it was started. header is the
 * beginning of the tables' memory, file_size of it in all. */
void ul_stats_file_init(struct ul_stat_header *header);

/* stats.c: set the counters back in a fork's child. */
void ul_stats_restart(void);

#endif
