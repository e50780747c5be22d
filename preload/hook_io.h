/* SPDX-License-Identifier: MIT */
/*
 * hook_io.h - the hooks of calls that read and write
 *
 * All of them pass straight through while ul_io_mode is 0, which is one branch
 * and nothing else. Bits are only ever added to it.
 */
#ifndef UL_HOOK_IO_H
#define UL_HOOK_IO_H

#include <stdio.h>
#include <sys/uio.h>

#include "preload/hook.h"

enum {
	UL_IO_EARLY = 1 << 0,		/* the real functions are not known yet */
	UL_IO_STUBS = 1 << 1,		/* this process has opened a stub */
	UL_IO_TOUCH = 1 << 2,		/* the user-mode rung; hook_touch.h */
};
extern _Atomic unsigned int ul_io_mode;

/* The engine is there, and wants to see files that begin like a stub. */
extern bool ul_io_watches;

/*
 * To serve a stub, signals are blocked: their handlers may read, too, and
 * must be served as well, whatever they have interrupted; so the guard is
 * taken without being asked whether it is free.
 */
struct ul_io_section {
	sigset_t signals;
	int inside;
	int saved_errno;
	struct ul_cancel cancel;
};
void ul_io_enter(struct ul_io_section *section);
void ul_io_leave(struct ul_io_section *section);

/*
 * fd has just been opened. False: it is a stub opened for writing; then errno
 * is EROFS, and the caller closes it. *is_stub may be NULL.
 */
bool ul_io_opened(int fd, bool *is_stub);

/* Serve a read of a stub: bytes, or -1 with errno; UL_NO_STUB: not one. */
ssize_t ul_io_read(int fd, const struct iovec *parts, int count,
		   int64_t offset);
/* Once ul_io_mode says that there are stubs: is fd one? */
bool ul_io_is_stub(int fd);
void ul_io_refuse(const char *what);
/* fd, or -1, leads to a file that was open before. Returns it. */
int ul_io_duplicated(int fd);

/* stub_stream.c: descriptor 0 is a stub now. Nothing happens in a vfork's
 * child, whose variables are its parent's. */
void ul_stdio_adopt_stdin(void);
/* It is one since before the program. Context: the constructor. */
void ul_stdio_start_with_stub(void);
/* Is this a stream that reads a stub? */
bool ul_stdio_is_ours(const FILE *file);
/* fwide(3) of one of them. */
int ul_stdio_orient(FILE *file, int mode);
/* This process is a new one: remember which. Context: start; fork's child. */
void ul_stdio_remember_home(void);
/* Is it this one, and no child that shares our memory? */
bool ul_stdio_is_home(void);
/* Context: the constructor, with the engine there. */
void ul_io_start(void);

#endif
