/* SPDX-License-Identifier: MIT */
/*
 * stub_stream.c - streams that read stubs; see stub_stream.h
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
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"
#include "preload/stub_stream.h"

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

FILE *ul_stream_make(int fd)
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
bool ul_stream_turn_stdin(FILE *file)
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
	if (must_turn(libcs) && !ul_stream_turn_stdin(libcs))
		close_to_stub(libcs);
	if (must_turn(stdin))
		close_to_stub(stdin);
	errno = saved;
}

/* Nobody has its address yet. */
void ul_stdio_start_with_stub(void)
{
	FILE *ours;

	if (!must_turn(libcs) || ul_stream_turn_stdin(libcs))
		return;
	ours = ul_stream_make(STDIN_FILENO);
	if (!ours)
		return;
	libcs->_fileno = -1;
	stdin = ours;
}

bool ul_stream_turn_back(FILE *file)
{
	if (file != standard.file)
		return false;
	turn_stdin_back();
	return true;
}

void ul_stream_renew(FILE *file)
{
	struct stream *ours = find_stream(file);

	if (ours) {			/* nobody has closed it meanwhile */
		ours->mode = 0;
		ours->has_sought = false;
	}
}

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
