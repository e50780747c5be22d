/* SPDX-License-Identifier: MIT */
/*
 * seekable_table.h - what seekable_table.c and seekable_foreign.c share
 *
 * Context of all: an opener. None allocates by malloc.
 */
#ifndef UL_SEEKABLE_TABLE_H
#define UL_SEEKABLE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "preload/store/store.h"

/* Say what is wrong with the file that label names. Returns code. */
int ul_table_refuse(struct ul_store_error *error, int code, const char *label,
		    const char *what);
/* pread(2) all of it: 0, -errno, or -EIO if the file ends before. */
int ul_table_pread(int fd, void *dst, size_t length, uint64_t at);

/* There is no seek table at the end of this file of size bytes: say what it is
 * instead, and which command makes a blob of it. Returns -EBADMSG. */
int ul_table_refuse_foreign(int fd, const char *label, uint64_t size,
			    struct ul_store_error *error);

#endif
