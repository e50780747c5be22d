/* SPDX-License-Identifier: MIT */
/*
 * hold.h - closing a file that the program may have locked
 *
 * By the close of any of its descriptors a process loses all locks that it has on
 * a file by fcntl(2). So what we open in the program's table is closed if nobody
 * has locked the file; else it stays, and is what the file is mapped from the
 * next time.
 *
 * Context of all: any. Allocates: no. Takes no lock. errno may change.
 */
#ifndef UL_HOLD_H
#define UL_HOLD_H

#include <stdbool.h>
#include <sys/types.h>

/* Has anybody a lock of fcntl(2) on the file behind fd? Whose it is cannot be
 * told for sure. */
bool ul_hold_is_locked(int fd);
/* From now on yes, for a filter may kill who asks. */
void ul_hold_ask_nobody(void);
/* Close a descriptor that we have opened. */
void ul_hold_close(int fd);
/* A descriptor for reading of this file that was not closed; -1: none. It stays
 * open. */
int ul_hold_find(dev_t device, ino_t inode);

#endif
