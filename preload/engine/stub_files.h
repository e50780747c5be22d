/* SPDX-License-Identifier: MIT */
/*
 * stub_files.h - stubs that the program reads
 *
 * A stub has its original's size, so the kernel's own file offset is right for
 * lseek, dup, fork and exec; all that is kept here is which files are stubs,
 * by device and inode. Whatever descriptor leads to one, and however the
 * program came by it, it is found with one fstat(2).
 *
 * Context of all of them: a hook with every signal blocked, in or out of the
 * guard; they may block and allocate, and leave errno alone.
 */
#ifndef UL_STUB_FILES_H
#define UL_STUB_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct iovec;
struct stat;
struct ul_store;

/* Is this descriptor a stub's? 1 with what fstat(2) says and a reference to its
 * store (NULL: it is a stub without its blob, and the reason was said), or 0. */
int ul_stub_files_find(int fd, struct stat *st, struct ul_store **store);

/* See engine_api.h. */
int ul_stub_files_opened(int fd);
int ul_stub_files_inherited(void);
ssize_t ul_stub_files_read(int fd, const struct iovec *parts, int count,
			   int64_t offset);
int ul_stub_files_is(int fd);
void ul_stub_files_refuse(const char *what);

/* In a fork's child: nobody is looking into the table. */
void ul_stub_files_forked(void);

#endif
