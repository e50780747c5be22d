/* SPDX-License-Identifier: MIT */
/*
 * hook_stdio.c - opening streams, of which some are stubs (stub_stream.h)
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"
#include "preload/stub_stream.h"

/* Close a stream that must not be had. Returns NULL with errno. */
static FILE *give_up(FILE *stream, int error)
{
	fclose(stream);
	errno = error;
	return NULL;
}

/* fopen has opened a file. */
static __attribute__((noinline)) FILE *opened(FILE *stream, const char *mode)
{
	int fd = fileno(stream);
	bool is_stub;
	FILE *ours;

	if (!ul_io_opened(fd, &is_stub))
		return give_up(stream, EROFS);
	if (!is_stub)
		return stream;
	if (strstr(mode, ",ccs=")) {
		ul_io_refuse("a stub cannot be opened with a \",ccs=\" mode");
		return give_up(stream, ENOTSUP);
	}
	ours = ul_stream_make(fd);
	if (!ours)
		return give_up(stream, errno);
	/* The descriptor stays open, and is never anybody else's. */
	stream->_fileno = -1;
	fclose(stream);
	if (fd == STDIN_FILENO)
		ul_stdio_adopt_stdin();
	return ours;
}

UL_EXPORT FILE *fopen(const char *path, const char *mode)
{
	FILE *stream;

	UL_TOUCH_STRING(path);
	stream = UL_REAL(fopen)(path, mode);
	return stream && ul_io_watches ? opened(stream, mode) : stream;
}

UL_EXPORT FILE *fopen64(const char *path, const char *mode)
{
	FILE *stream;

	UL_TOUCH_STRING(path);
	stream = UL_REAL(fopen64)(path, mode);
	return stream && ul_io_watches ? opened(stream, mode) : stream;
}

UL_EXPORT FILE *fdopen(int fd, const char *mode)
{
	if (UL_UNLIKELY(ul_io_mode) && mode[0] == 'r' && !strchr(mode, '+') &&
	    ul_io_is_stub(fd))
		return ul_stream_make(fd);
	return UL_REAL(fdopen)(fd, mode);
}

/* freopen has opened a file. */
static __attribute__((noinline)) FILE *reopened(FILE *stream)
{
	bool is_stub;

	if (!ul_io_opened(fileno(stream), &is_stub))
		return give_up(stream, EROFS);
	if (!is_stub || ul_stream_turn_stdin(stream))
		return stream;
	ul_io_refuse("freopen: this stream cannot become a stub's");
	return give_up(stream, ENOTSUP);
}

/* A file for one of our streams, to be read: the one of this name, or what the
 * descriptor leads to, which is what freopen(3) opens without one. */
static int open_again(const char *name, int fd, int flags)
{
	char path[sizeof("/proc/self/fd/") + 10];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = UL_REAL(open64)(name ? name : path, O_RDONLY | flags);
	ul_io_opened(again, NULL);
	return again;
}

/* The descriptor keeps its number, which the program may have closed. */
static int replace_descriptor(int fd, int again, int flags)
{
	int done;

	if (again < 0 || again == fd)
		return again;
	done = UL_REAL(dup3)(again, fd, flags);
	syscall(SYS_close, again);
	return done;
}

/* One of ours reads another file, or its own from the beginning; it stays the
 * FILE it is, and serves whatever its descriptor leads to. */
static FILE *reopen_to_read(const char *name, const char *mode, FILE *stream)
{
	int flags = strchr(mode, 'e') ? O_CLOEXEC : 0;
	int fd = fileno(stream), saved = errno;

	fflush(stream);
	if (replace_descriptor(fd, open_again(name, fd, flags), flags) < 0)
		return give_up(stream, errno);
	__fpurge(stream);
	fseek(stream, 0, SEEK_END);	/* its buffer is of no use any more */
	rewind(stream);
	ul_stream_renew(stream);
	errno = saved;
	return stream;
}

/* False: it is libc's stdin, a plain stream now, and libc can do it. */
static bool reopen_ours(const char *path, const char *mode, FILE **stream)
{
	bool is_to_read = mode[0] == 'r' && !strpbrk(mode, "+,");

	if ((path || is_to_read) && ul_stream_turn_back(*stream))
		return false;
	if (is_to_read) {
		*stream = reopen_to_read(path, mode, *stream);
		return true;
	}
	ul_io_refuse("freopen: a stub's stream can only be read");
	*stream = give_up(*stream, path ? ENOTSUP : EROFS);
	return true;
}

typedef FILE *freopen_fn(const char *path, const char *mode, FILE *stream);

static FILE *reopen(freopen_fn *next, const char *path, const char *mode,
		    FILE *stream)
{
	if (UL_UNLIKELY(ul_io_mode) && ul_stdio_is_ours(stream) &&
	    reopen_ours(path, mode, &stream))
		return stream;
	stream = next(path, mode, stream);
	return stream && ul_io_watches ? reopened(stream) : stream;
}

UL_EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	UL_TOUCH_STRING(path);
	return reopen(UL_REAL(freopen), path, mode, stream);
}

UL_EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	UL_TOUCH_STRING(path);
	return reopen(UL_REAL(freopen64), path, mode, stream);
}
