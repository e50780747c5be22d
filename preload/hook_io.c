/* SPDX-License-Identifier: MIT */
/* hook_io.c - descriptors: opening, duplicating and reading files */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"

/* --- opening ------------------------------------------------------------------ */

static int opened(int fd)
{
	bool is_stub;

	if (ul_io_opened(fd, &is_stub)) {
		if (UL_UNLIKELY(is_stub) && fd == STDIN_FILENO)
			ul_stdio_adopt_stdin();
		return fd;
	}
	syscall(SYS_close, fd);
	errno = EROFS;
	return -1;
}

/* The third argument is there only where a file may be made. */
#define TAKE_MODE(mode, flags)                                                 \
	do {                                                                   \
		va_list ap;                                                    \
		va_start(ap, flags);                                           \
		if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) \
			mode = va_arg(ap, mode_t);                             \
		va_end(ap);                                                    \
	} while (0)

UL_EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(mode, flags);
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(open)(path, flags, mode));
}

UL_EXPORT int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(mode, flags);
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(open64)(path, flags, mode));
}

UL_EXPORT int openat(int folder, const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(mode, flags);
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(openat)(folder, path, flags, mode));
}

UL_EXPORT int openat64(int folder, const char *path, int flags, ...)
{
	mode_t mode = 0;

	TAKE_MODE(mode, flags);
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(openat64)(folder, path, flags, mode));
}

UL_EXPORT int __open_2(const char *path, int flags)
{
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(__open_2)(path, flags));
}

UL_EXPORT int __open64_2(const char *path, int flags)
{
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(__open64_2)(path, flags));
}

UL_EXPORT int __openat_2(int folder, const char *path, int flags)
{
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(__openat_2)(folder, path, flags));
}

UL_EXPORT int __openat64_2(int folder, const char *path, int flags)
{
	UL_TOUCH_STRING(path);
	return opened(UL_REAL(__openat64_2)(folder, path, flags));
}

UL_EXPORT int dup(int fd)
{
	return ul_io_duplicated(UL_REAL(dup)(fd));
}

UL_EXPORT int dup2(int fd, int as)
{
	return ul_io_duplicated(UL_REAL(dup2)(fd, as));
}

UL_EXPORT int dup3(int fd, int as, int flags)
{
	return ul_io_duplicated(UL_REAL(dup3)(fd, as, flags));
}

/* Descriptors that come in a message. One that is open for writing stays so:
 * what is written to it is refused then (hook_copy.c). */
static __attribute__((noinline)) void look_at_message(struct msghdr *message)
{
	struct cmsghdr *part;
	int fd;

	for (part = CMSG_FIRSTHDR(message); part;
	     part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET ||
		    part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0;
		     at + sizeof(fd) <= part->cmsg_len - CMSG_LEN(0);
		     at += sizeof(fd)) {
			memcpy(&fd, CMSG_DATA(part) + at, sizeof(fd));
			ul_io_opened(fd, NULL);
			ul_io_duplicated(fd);
		}
	}
}

UL_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t n;
	int saved;

	if (UL_TOUCHES())
		ul_touch_message(message);
	n = UL_REAL(recvmsg)(fd, message, flags);
	if (n < 0 || !ul_io_watches || !message->msg_controllen)
		return n;
	saved = errno;
	look_at_message(message);
	errno = saved;
	return n;
}

/* --- reading -------------------------------------------------------------------- */

/*
 * The body of a function that reads, if it is a stub that is read. Functions
 * that take an offset refuse the negative ones, which readv's cousin
 * preadv2 has a meaning for: -1 is the descriptor's own. All of them are
 * cancellation points; who is cancelled has lost no bytes yet.
 */
#define SERVE(fd, parts, count, offset, touch)                                 \
	do {                                                                   \
		ssize_t served_;                                               \
		if (UL_UNLIKELY(ul_io_mode)) {                                 \
			touch;                                                 \
			pthread_testcancel();                                  \
			served_ = ul_io_read(fd, parts, count, offset);        \
			if (served_ != UL_NO_STUB)                             \
				return served_;                                \
		}                                                              \
	} while (0)
#define SERVE_PARTS(fd, parts, count, offset)                                  \
	SERVE(fd, parts, count, offset, UL_TOUCH_PARTS(parts, (size_t)(count)))
#define SERVE_ONE(fd, buffer, size, offset)                                    \
	SERVE(fd, &((struct iovec){ buffer, size }), 1, offset,                \
	      UL_TOUCH_RANGE(buffer, size))
#define NEVER_CURRENT(offset) ((offset) < 0 ? INT64_MIN : (offset))

UL_EXPORT ssize_t read(int fd, void *buffer, size_t size)
{
	SERVE_ONE(fd, buffer, size, UL_OFFSET_CURRENT);
	return ul_real.read(fd, buffer, size);
}

UL_EXPORT ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
	if (UL_LIKELY(size <= room))
		SERVE_ONE(fd, buffer, size, UL_OFFSET_CURRENT);
	return ul_real.__read_chk(fd, buffer, size, room);
}

UL_EXPORT ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	SERVE_ONE(fd, buffer, size, NEVER_CURRENT(offset));
	return ul_real.pread(fd, buffer, size, offset);
}

UL_EXPORT ssize_t pread64(int fd, void *buffer, size_t size, off64_t offset)
{
	SERVE_ONE(fd, buffer, size, NEVER_CURRENT(offset));
	return ul_real.pread64(fd, buffer, size, offset);
}

UL_EXPORT ssize_t __pread_chk(int fd, void *buffer, size_t size, off_t offset,
			      size_t room)
{
	if (UL_LIKELY(size <= room))
		SERVE_ONE(fd, buffer, size, NEVER_CURRENT(offset));
	return ul_real.__pread_chk(fd, buffer, size, offset, room);
}

UL_EXPORT ssize_t __pread64_chk(int fd, void *buffer, size_t size,
				off64_t offset, size_t room)
{
	if (UL_LIKELY(size <= room))
		SERVE_ONE(fd, buffer, size, NEVER_CURRENT(offset));
	return ul_real.__pread64_chk(fd, buffer, size, offset, room);
}

UL_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
	SERVE_PARTS(fd, parts, count, UL_OFFSET_CURRENT);
	return ul_real.readv(fd, parts, count);
}

UL_EXPORT ssize_t preadv(int fd, const struct iovec *parts, int count,
			 off_t offset)
{
	SERVE_PARTS(fd, parts, count, NEVER_CURRENT(offset));
	return ul_real.preadv(fd, parts, count, offset);
}

UL_EXPORT ssize_t preadv64(int fd, const struct iovec *parts, int count,
			   off64_t offset)
{
	SERVE_PARTS(fd, parts, count, NEVER_CURRENT(offset));
	return ul_real.preadv64(fd, parts, count, offset);
}

/* Does the kernel refuse these flags, for this stub? It looks at them only where
 * there is something to read. */
static __attribute__((noinline)) bool refuses_flags(int fd, int flags)
{
	char byte;
	struct iovec part = { &byte, 1 };
	int saved = errno;
	bool refuses;

	if (!(ul_io_mode & UL_IO_STUBS) || !ul_io_is_stub(fd))
		return false;
	refuses = ul_real.preadv2(fd, &part, 1, 0, flags) < 0 &&
		  errno == EOPNOTSUPP;
	errno = saved;
	return refuses;
}

#define SERVE_FLAGS(fd, parts, count, offset, flags)                           \
	do {                                                                   \
		if (UL_LIKELY(!(flags)) || !refuses_flags(fd, flags))          \
			SERVE_PARTS(fd, parts, count, offset);                 \
	} while (0)

UL_EXPORT ssize_t preadv2(int fd, const struct iovec *parts, int count,
			  off_t offset, int flags)
{
	SERVE_FLAGS(fd, parts, count, offset, flags);
	return ul_real.preadv2(fd, parts, count, offset, flags);
}

UL_EXPORT ssize_t preadv64v2(int fd, const struct iovec *parts, int count,
			     off64_t offset, int flags)
{
	SERVE_FLAGS(fd, parts, count, offset, flags);
	return ul_real.preadv64v2(fd, parts, count, offset, flags);
}
