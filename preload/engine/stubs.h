/* SPDX-License-Identifier: MIT */
/* stubs.h - files that stand for a blob, as they are met. */
#ifndef UL_STUBS_H
#define UL_STUBS_H

#include <sys/stat.h>

#include "preload/store/store.h"

/*
 * The bytes of the original whose stub fd is. path led to fd. Returns 0 with a
 * reference, -ENODATA: not a stub, or -errno with the reason said. The last
 * few are kept open: programs map one file in many pieces. Context: a hook;
 * may block and allocate.
 */
int ul_stubs_open(int fd, const struct stat *st, const char *path,
		  struct ul_store **store);

/* In a fork's child: nobody is opening one. */
void ul_stubs_forked(void);

#endif
