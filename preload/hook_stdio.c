/* SPDX-License-Identifier: MIT */
/*
 * hook_stdio.c - streams
 *
 * libc's streams read by calls of its own, which nobody can interpose. So a
 * stream on a stub is one of fopencookie(3), which reads through our hooks.
 * It keeps nothing but the descriptor, whose offset is the kernel's; so
 * fseek, fflush, fork and exec find what they expect. The number is put into
 * the FILE, where fileno(3) finds it: libc itself leaves it out because it
 * knows of none.
 *
 * A stream that exists cannot be turned into such a one, for that is larger,
 * nor one of ours into a plain one. freopen(3) can do it for standard input
 * alone: stdin is a variable.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"

/* One of our streams. The list tells freopen, which crashes with these. */
struct stream {
	int fd;
	FILE *file;
	struct stream *next;
};

static struct stream *streams;		/* under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *adopted;			/* ours that stdin has become */
static FILE *libcs;			/* what stdin was at the start */
static pid_t home;

static ssize_t read_stream(void *cookie, char *buffer, size_t size)
{
	struct stream *stream = cookie;
	struct iovec part = { buffer, size };
	ssize_t n;

	UL_TOUCH_RANGE(buffer, size);
	n = ul_io_read(stream->fd, &part, 1, UL_OFFSET_CURRENT);
	/* The number may lead to another file by now (dup2). */
	return n == UL_NO_STUB ? ul_real.read(stream->fd, buffer, size) : n;
}

static int seek_stream(void *cookie, off64_t *offset, int whence)
{
	struct stream *stream = cookie;
	off64_t at = UL_REAL(lseek64)(stream->fd, *offset, whence);

	if (at < 0)
		return -1;
	*offset = at;
	return 0;
}

static int close_stream(void *cookie)
{
	struct stream *stream = cookie, **at;
	int result = stream->fd < 0 ? 0 : (int)syscall(SYS_close, stream->fd);

	pthread_mutex_lock(&lock);
	for (at = &streams; *at && *at != stream; at = &(*at)->next)
		;
	if (*at)
		*at = stream->next;
	pthread_mutex_unlock(&lock);
	if (stream->file == adopted) {
		adopted = NULL;
		stdin = libcs;		/* which is closed, too */
	}
	free(stream);
	return result;
}

static FILE *make_stream(int fd)
{
	static const cookie_io_functions_t functions = {
		.read = read_stream,
		.seek = seek_stream,
		.close = close_stream,
	};
	struct stream *stream = malloc(sizeof(*stream));

	if (!stream)
		return NULL;
	stream->fd = fd;
	stream->file = fopencookie(stream, "r", functions);
	if (!stream->file) {
		free(stream);
		return NULL;
	}
	stream->file->_fileno = fd;
	pthread_mutex_lock(&lock);
	stream->next = streams;
	streams = stream;
	pthread_mutex_unlock(&lock);
	return stream->file;
}

static struct stream *find_stream(const FILE *file)
{
	struct stream *at;

	pthread_mutex_lock(&lock);
	for (at = streams; at && at->file != file; at = at->next)
		;
	pthread_mutex_unlock(&lock);
	return at;
}

bool ul_stdio_is_ours(const FILE *file)
{
	return find_stream(file);
}

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
	ours = make_stream(fd);
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
		return make_stream(fd);
	return UL_REAL(fdopen)(fd, mode);
}

/*
 * Standard input becomes another FILE. The one it was stays, for somebody may
 * have its address, but can read no more: EBADF is better than a stub's text.
 */
static FILE *replace_stdin(int fd)
{
	FILE *ours = make_stream(fd);

	if (!ours)
		return NULL;
	stdin->_fileno = -1;
	stdin = adopted = ours;
	return ours;
}

void ul_stdio_remember_home(void)
{
	if (!libcs)
		libcs = stdin;
	home = (pid_t)syscall(SYS_getpid);
	pthread_mutex_init(&lock, NULL);
}

bool ul_stdio_is_home(void)
{
	return home == (pid_t)syscall(SYS_getpid);
}

void ul_stdio_adopt_stdin(void)
{
	int saved = errno;

	/* One of ours serves whatever file its descriptor has become. */
	if (ul_stdio_is_home() && stdin &&
	    stdin != adopted && fileno(stdin) == STDIN_FILENO &&
	    !ul_stdio_is_ours(stdin))
		replace_stdin(STDIN_FILENO);
	errno = saved;
}

/* freopen has opened a file. */
static __attribute__((noinline)) FILE *reopened(FILE *stream)
{
	bool is_stub;
	FILE *again;

	if (!ul_io_opened(fileno(stream), &is_stub))
		return give_up(stream, EROFS);
	if (!is_stub)
		return stream;
	if (stream == stdin) {
		again = replace_stdin(fileno(stream));
		return again ? again : give_up(stream, errno);
	}
	ul_io_refuse("freopen: a stream other than stdin cannot become a stub's");
	return give_up(stream, ENOTSUP);
}

/* A stream that was just opened gets this number in place of its own. Nobody
 * else can have it meanwhile. */
static bool take_number(FILE *stream, int fd)
{
	struct stream *ours = find_stream(stream);
	int from = fileno(stream);
	int flags = fcntl(from, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0;

	if (from == fd)			/* the program had closed it */
		return true;
	if (UL_REAL(dup3)(from, fd, flags) < 0)
		return false;
	syscall(SYS_close, from);
	stream->_fileno = fd;
	if (ours)
		ours->fd = fd;
	return true;
}

/* Standard input, which is one of ours, gets another file. */
static FILE *reopen_stdin(const char *path, const char *mode, FILE *stream)
{
	struct stream *old = find_stream(stream);
	FILE *again;

	fflush(stream);
	again = fopen(path, mode);
	if (again && !take_number(again, fileno(stream))) {
		give_up(again, errno);
		again = NULL;
	}
	if (!again || !old)
		return give_up(stream, errno);
	old->fd = -1;			/* the new one's */
	fclose(stream);
	stdin = again;
	adopted = ul_stdio_is_ours(again) ? again : NULL;
	return again;
}

/* What the descriptor leads to, opened once more: what freopen(3) does without
 * a path. Returns a descriptor. */
static int open_again(int fd, const char *mode)
{
	char path[sizeof("/proc/self/fd/") + 10];
	int flags = strchr(mode, 'e') ? O_CLOEXEC : 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return UL_REAL(open64)(path, O_RDONLY | flags);
}

/* One of ours reads its file from the beginning; it stays the FILE it is. */
static FILE *reopen_same(const char *mode, FILE *stream)
{
	int fd = fileno(stream), again, done;

	fflush(stream);
	again = open_again(fd, mode);
	if (again < 0)
		return give_up(stream, errno);
	done = UL_REAL(dup3)(again, fd, strchr(mode, 'e') ? O_CLOEXEC : 0);
	syscall(SYS_close, again);
	if (done < 0)
		return give_up(stream, errno);
	__fpurge(stream);
	fseek(stream, 0, SEEK_END);	/* its buffer is of no use any more */
	rewind(stream);
	return stream;
}

static FILE *reopen_ours(const char *path, const char *mode, FILE *stream)
{
	if (!path && mode[0] == 'r' && !strpbrk(mode, "+,"))
		return reopen_same(mode, stream);
	if (stream == stdin && path)
		return reopen_stdin(path, mode, stream);
	ul_io_refuse(path ? "freopen: a stub's stream, other than stdin, cannot "
			    "become another file's" :
			    "freopen: a stub's stream can only be read");
	return give_up(stream, path ? ENOTSUP : EROFS);
}

UL_EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	UL_TOUCH_STRING(path);
	if (UL_UNLIKELY(ul_io_mode) && ul_stdio_is_ours(stream))
		return reopen_ours(path, mode, stream);
	stream = UL_REAL(freopen)(path, mode, stream);
	return stream && ul_io_watches ? reopened(stream) : stream;
}

UL_EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	UL_TOUCH_STRING(path);
	if (UL_UNLIKELY(ul_io_mode) && ul_stdio_is_ours(stream))
		return reopen_ours(path, mode, stream);
	stream = UL_REAL(freopen64)(path, mode, stream);
	return stream && ul_io_watches ? reopened(stream) : stream;
}
