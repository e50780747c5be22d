/* SPDX-License-Identifier: MIT */
/* stats_file.h - where the statistics lie; between stats.c and stats_file.c. */
#ifndef UL_STATS_FILE_H
#define UL_STATS_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

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

/* What a file's name ends in until it is whole. */
#define UL_STATS_NEW ".new"
/* to = a b c; false: it is too long. */
bool ul_stats_join(char to[PATH_MAX], const char *a, const char *b,
		   const char *c);
const char *ul_stats_decimal(char text[24], uint64_t number);
/* When the process began, as /proc has it; 0: there is none. */
uint64_t ul_stats_start_ticks(const char *pid);

/* stats_kept.c: FILE of UFFDLAZY_STATS. False: there is no such variable. */
bool ul_stats_kept_init(void);
/* Its path, or "". */
const char *ul_stats_kept(void);
/* May there be such a file? Then this is what to call it before it is whole; else
 * it is said why not, if not to a fork's child. */
bool ul_stats_kept_choose(const char *pid, char fresh[PATH_MAX], bool forked);
void ul_stats_kept_complain(int error, bool forked);
/* It is whole, and gets its name. False: another has that now; it is gone. */
bool ul_stats_kept_show(const char *pid, const char *fresh, bool forked);

#define UL_STATS_CALLSITES 512		/* room in their table */
/* stats_callsites.c: a text, or if that is too long its end, which is what tells
 * paths apart. size: of `to`, which is zeros. from: may be NULL. */
void ul_stats_copy_tail(char *to, size_t size, const char *from);

/* stats.c: in a fork's child, when it has tables of its own: counters begin anew,
 * and the regions, and what is resident of them, are those of its books. The
 * tables were its parent's, who has gone on since. */
void ul_stats_restart(void);

#endif
