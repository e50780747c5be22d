/* SPDX-License-Identifier: MIT */
/*
 * hook_io.c - descriptors: opening and reading files
 *
 * A stub is found when it is opened, by the first bytes of the file; from then
 * on this process looks at the file behind each descriptor it reads. Others
 * pay one branch for a read.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"

#define MAGIC "uffdlazy-stub 1\n"	/* see uffdlazy-blob(5) */
#define SMALLEST 4096

_Atomic unsigned int ul_io_mode = UL_IO_EARLY;
bool ul_io_watches;

void ul_io_enter(struct ul_io_section *section)
{
	sigset_t all;

	section->saved_errno = errno;
	ul_cancel_hold(&section->cancel);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &section->signals);
	section->inside = ul_inside;
	if (ul_inside == UL_OUTSIDE)
		ul_inside = UL_IN_LIBC;
}

void ul_io_leave(struct ul_io_section *section)
{
	ul_inside = section->inside;
	pthread_sigmask(SIG_SETMASK, &section->signals, NULL);
	errno = section->saved_errno;
	ul_cancel_resume(&section->cancel);
}

/*
 * Does a file without a single block keep bytes? On a network's file systems
 * perhaps; in /sys, whose files are all 4096 bytes long, reading has effects.
 */
static bool may_count_no_blocks(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	switch ((unsigned long)fs.f_type & 0xffffffffUL) {
	case 0x65735546UL:		/* FUSE */
	case 0x6969UL:			/* NFS */
	case 0xff534d42UL:		/* CIFS */
	case 0xfe534d42UL:		/* SMB2 */
	case 0x01021997UL:		/* 9p */
	case 0x00c36400UL:		/* Ceph */
		return true;
	default:
		return false;
	}
}

/* O_DIRECT: whole blocks. Apart, for few opened files need so much stack. */
static __attribute__((noinline)) ssize_t read_block(int fd, char *text)
{
	_Alignas(SMALLEST) char block[SMALLEST];
	ssize_t n = syscall(SYS_pread64, fd, block, sizeof(block), 0L);

	if (n > 0)
		memcpy(text, block, sizeof(MAGIC) - 1);
	return n;
}

/* The quick question that every opened file is asked, perhaps in a signal
 * handler on a stack of 8 KiB. */
static bool begins_like_a_stub(int fd)
{
	char text[sizeof(MAGIC) - 1] = { 0 };
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < SMALLEST ||
	    (st.st_blocks == 0 && !may_count_no_blocks(fd)))
		return false;
	n = syscall(SYS_pread64, fd, text, sizeof(text), 0L);
	if (n < 0 && errno == EINVAL)
		n = read_block(fd, text);
	if (n < 0 && errno == EBADF)	/* for writing only: has it holes? */
		return st.st_blocks < st.st_size / 512;
	return n >= (ssize_t)sizeof(text) &&
	       memcmp(text, MAGIC, sizeof(text)) == 0;
}

static __attribute__((noinline)) bool look(int fd, bool *is_stub)
{
	struct ul_io_section section;
	int saved = errno;
	int answer = 0;

	if (begins_like_a_stub(fd)) {
		ul_io_enter(&section);
		answer = ul_engine->stub_opened(fd);
		ul_io_leave(&section);
	}
	if (answer)
		ul_io_mode |= UL_IO_STUBS;
	if (is_stub)
		*is_stub = answer > 0;
	errno = answer < 0 ? -answer : saved;
	return answer >= 0;
}

bool ul_io_opened(int fd, bool *is_stub)
{
	if (is_stub)
		*is_stub = false;
	return fd < 0 || !ul_io_watches || look(fd, is_stub);
}

ssize_t ul_io_read(int fd, const struct iovec *parts, int count, int64_t offset)
{
	struct ul_io_section section;
	ssize_t done = UL_NO_STUB;

	if (ul_io_mode & UL_IO_EARLY)
		ul_real_find_reads();
	if (!(ul_io_mode & UL_IO_STUBS))
		return done;
	ul_io_enter(&section);
	done = ul_engine->stub_read(fd, parts, count, offset);
	ul_io_leave(&section);
	if (done >= 0 || done == UL_NO_STUB)
		return done;
	errno = (int)-done;
	return -1;
}

bool ul_io_is_stub(int fd)
{
	struct ul_io_section section;
	bool is = false;

	if (ul_io_mode & UL_IO_EARLY)
		ul_real_find_reads();
	if (ul_io_mode & UL_IO_STUBS) {
		ul_io_enter(&section);
		is = ul_engine->stub_is(fd);
		ul_io_leave(&section);
	}
	return is;
}

void ul_io_refuse(const char *what)
{
	struct ul_io_section section;

	ul_io_enter(&section);
	ul_engine->stub_refuse(what);
	ul_io_leave(&section);
}

void ul_io_start(void)
{
	int inherited = ul_engine->stub_inherited();

	ul_stdio_remember_home();
	if (inherited > 0) {
		ul_io_mode |= UL_IO_STUBS;
		if (ul_io_is_stub(STDIN_FILENO))
			ul_stdio_adopt_stdin();
	}
	ul_io_watches = inherited >= 0;
}

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

/* Streams do not see what their descriptor has become; see hook_stdio.c. */
static int duplicated(int fd)
{
	if (UL_UNLIKELY(ul_io_mode) && fd == STDIN_FILENO && ul_io_is_stub(fd))
		ul_stdio_adopt_stdin();
	return fd;
}

UL_EXPORT int dup(int fd)
{
	return duplicated(UL_REAL(dup)(fd));
}

UL_EXPORT int dup2(int fd, int as)
{
	return duplicated(UL_REAL(dup2)(fd, as));
}

UL_EXPORT int dup3(int fd, int as, int flags)
{
	return duplicated(UL_REAL(dup3)(fd, as, flags));
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
 * preadv2 has a meaning for: -1 is the descriptor's own.
 */
#define SERVE(fd, parts, count, offset, touch)                                 \
	do {                                                                   \
		ssize_t served_;                                               \
		if (UL_UNLIKELY(ul_io_mode)) {                                 \
			touch;                                                 \
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

UL_EXPORT ssize_t preadv2(int fd, const struct iovec *parts, int count,
			  off_t offset, int flags)
{
	SERVE_PARTS(fd, parts, count, offset);
	return ul_real.preadv2(fd, parts, count, offset, flags);
}

UL_EXPORT ssize_t preadv64v2(int fd, const struct iovec *parts, int count,
			     off64_t offset, int flags)
{
	SERVE_PARTS(fd, parts, count, offset);
	return ul_real.preadv64v2(fd, parts, count, offset, flags);
}
