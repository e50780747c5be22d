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
 * A stream that exists cannot be turned into such a one, for that is larger.
 * But libc's own stdin can, and must: who has its address (libstdc++, readline,
 * flex) would read another file than who asks the variable, and what it has
 * buffered comes before the stub. It has the room; see struct tail.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"

/* One of our streams. The list tells freopen, which crashes with these. */
struct stream {
	int fd;
	FILE *file;
	int mode;			/* fwide(3)'s: libc has it for bytes */
	bool has_sought;
	struct stream *next;
	char buffer[];
};

static struct stream *streams;		/* under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *libcs;			/* what stdin was at the start */
static pid_t home;

/*
 * What libc has behind a FILE: the table of its functions, which it changes
 * itself, and for a stream of fopencookie(3) the cookie with its calls, whose
 * pointers are mangled. Behind libc's stdin lie the pointers of its wide
 * characters, which a stream of bytes leaves alone; so they can make room for a
 * cookie. That all of it is so is looked at, and never taken for granted.
 */
struct tail {
	const void *functions;
	void *cookie[5];
};
static struct stream standard;		/* libc's stdin; no file: a plain one */
static char standard_buffer[BUFSIZ];
static struct tail as_file, as_stub;	/* its tail */

static void turn_stdin_back(void);

static ssize_t read_stream(void *cookie, char *buffer, size_t size)
{
	struct stream *stream = cookie;
	struct iovec part = { buffer, size };
	ssize_t n;

	if (!stream->mode && !stream->has_sought)
		stream->mode = -1;
	stream->has_sought = false;
	UL_TOUCH_RANGE(buffer, size);
	n = ul_io_read(stream->fd, &part, 1, UL_OFFSET_CURRENT);
	/* The number may lead to another file by now (dup2). */
	return n == UL_NO_STUB ? ul_real.read(stream->fd, buffer, size) : n;
}

static int seek_stream(void *cookie, off64_t *offset, int whence)
{
	struct stream *stream = cookie;
	off64_t at = UL_REAL(lseek64)(stream->fd, *offset, whence);

	stream->has_sought = true;	/* what it reads next is for fseek */
	if (at < 0)
		return -1;
	*offset = at;
	return 0;
}

static void enlist(struct stream *stream)
{
	pthread_mutex_lock(&lock);
	stream->next = streams;
	streams = stream;
	pthread_mutex_unlock(&lock);
}

static void strike_out(const struct stream *stream)
{
	struct stream **at;

	pthread_mutex_lock(&lock);
	for (at = &streams; *at && *at != stream; at = &(*at)->next)
		;
	if (*at)
		*at = stream->next;
	pthread_mutex_unlock(&lock);
}

static int close_stream(void *cookie)
{
	struct stream *stream = cookie;
	int result;

	if (!stream->file)		/* the model's, see know_tail */
		return 0;
	result = (int)syscall(SYS_close, stream->fd);
	if (stream == &standard) {
		turn_stdin_back();
		return result;
	}
	strike_out(stream);
	if (stream->file == stdin)
		stdin = libcs;		/* which is closed, too */
	free(stream);
	return result;
}

static const cookie_io_functions_t functions = {
	.read = read_stream,
	.seek = seek_stream,
	.close = close_stream,
};

/* What libc reads at a time from a file; a cookie tells it of none. It shows in
 * the descriptor's offset. */
static size_t buffer_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_blksize > 0 && st.st_blksize < BUFSIZ)
		return (size_t)st.st_blksize;
	return BUFSIZ;
}

static FILE *make_stream(int fd)
{
	size_t size = buffer_size(fd);
	struct stream *stream = calloc(1, sizeof(*stream) + size);

	if (!stream)
		return NULL;
	stream->fd = fd;
	stream->file = fopencookie(stream, "r", functions);
	if (!stream->file) {
		free(stream);
		return NULL;
	}
	stream->file->_fileno = fd;
	setvbuf(stream->file, stream->buffer, _IOFBF, size);
	enlist(stream);
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

/* --- libc's stdin --------------------------------------------------------------- */

static struct tail *tail_of(FILE *file)
{
	return (struct tail *)(file + 1);
}

/* How a stream of fopencookie's looks here. What it takes is not the program's:
 * a signal handler may call dup2(2), whatever it has interrupted. */
static bool know_tail(void)
{
	struct ul_guard guard;
	bool entered;
	FILE *model;

	if (as_stub.functions)
		return true;
	entered = ul_guard_enter(&guard);
	model = fopencookie(&standard, "r", functions);
	if (model) {
		if (tail_of(model)->cookie[0] == &standard)
			as_stub = *tail_of(model);
		fclose(model);
	}
	if (entered)
		ul_guard_leave(&guard);
	return as_stub.functions;
}

/* Is there room for a cookie, which nobody uses? */
static bool has_room(FILE *file)
{
	struct tail *tail = tail_of(file);

	if (file != libcs || file->_mode > 0 ||
	    (void *)file->_wide_data != tail->cookie)
		return false;
	for (int i = 0; i < 5; i++)
		if (tail->cookie[i])
			return false;
	return true;
}

/* None of malloc's, which a signal handler may have interrupted. Who has the
 * stream's lock is reading, and has one. */
static void give_buffer(FILE *file)
{
	if (ftrylockfile(file))
		return;
	if (!file->_IO_buf_base)
		setvbuf(file, standard_buffer, _IOFBF,
			buffer_size(file->_fileno));
	funlockfile(file);
}

/* Another thread may be reading by it: the functions are changed when all that
 * they need is there. */
static bool turn_stdin(FILE *file)
{
	struct tail *tail = tail_of(file);

	if (!has_room(file) || !know_tail())
		return false;
	as_file = *tail;
	standard.fd = file->_fileno;
	standard.file = file;
	standard.mode = 0;
	standard.has_sought = false;
	enlist(&standard);
	memcpy(tail->cookie, as_stub.cookie, sizeof(tail->cookie));
	__atomic_store_n(&tail->functions, as_stub.functions, __ATOMIC_RELEASE);
	give_buffer(file);
	return true;
}

static void turn_stdin_back(void)
{
	struct tail *tail = tail_of(standard.file);

	__atomic_store_n(&tail->functions, as_file.functions, __ATOMIC_RELEASE);
	memcpy(tail->cookie, as_file.cookie, sizeof(tail->cookie));
	strike_out(&standard);
	standard.file = NULL;
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

/* One of ours serves whatever file its descriptor has become. */
static bool must_turn(FILE *file)
{
	return file && fileno(file) == STDIN_FILENO && !ul_stdio_is_ours(file);
}

/* EBADF is better than a stub's text, or nothing. */
static void close_to_stub(FILE *file)
{
	file->_fileno = -1;
	ul_io_refuse("standard input has become a stub, which its stream cannot "
		     "read");
}

void ul_stdio_adopt_stdin(void)
{
	int saved = errno;

	if (!ul_stdio_is_home())
		return;
	if (must_turn(libcs) && !turn_stdin(libcs))
		close_to_stub(libcs);
	if (must_turn(stdin))
		close_to_stub(stdin);
	errno = saved;
}

/* Nobody has its address yet. */
void ul_stdio_start_with_stub(void)
{
	FILE *ours;

	if (!must_turn(libcs) || turn_stdin(libcs))
		return;
	ours = make_stream(STDIN_FILENO);
	if (!ours)
		return;
	libcs->_fileno = -1;
	stdin = ours;
}

/* --- opening -------------------------------------------------------------------- */

int ul_stdio_orient(FILE *file, int mode)
{
	struct stream *stream = find_stream(file);

	if (!stream)
		return 0;
	if (!stream->mode && stream == &standard)
		stream->mode = file->_mode;
	if (!stream->mode)
		stream->mode = (mode > 0) - (mode < 0);
	return stream->mode;
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

/* freopen has opened a file. */
static __attribute__((noinline)) FILE *reopened(FILE *stream)
{
	bool is_stub;

	if (!ul_io_opened(fileno(stream), &is_stub))
		return give_up(stream, EROFS);
	if (!is_stub || turn_stdin(stream))
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
	struct stream *ours = find_stream(stream);
	int fd = fileno(stream), saved = errno;

	fflush(stream);
	if (replace_descriptor(fd, open_again(name, fd, flags), flags) < 0)
		return give_up(stream, errno);
	__fpurge(stream);
	fseek(stream, 0, SEEK_END);	/* its buffer is of no use any more */
	rewind(stream);
	if (ours) {			/* nobody has closed it meanwhile */
		ours->mode = 0;
		ours->has_sought = false;
	}
	errno = saved;
	return stream;
}

/* False: it is libc's stdin, a plain stream now, and libc can do it. */
static bool reopen_ours(const char *path, const char *mode, FILE **stream)
{
	bool is_to_read = mode[0] == 'r' && !strpbrk(mode, "+,");

	if (*stream == standard.file && (path || is_to_read)) {
		turn_stdin_back();
		return false;
	}
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
