/* SPDX-License-Identifier: MIT */
/*
 * hook_copy.c - a stub's holes, and ways to copy inside the kernel
 *
 * To the program a stub is all data. What would have the kernel itself read a
 * stub is refused with the errno by which callers know to read it themselves;
 * what would write into one, as on a read-only file system.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"

#define CLONE 0x40049409UL		/* FICLONE; see ioctl_ficlone(2) */
#define CLONE_RANGE 0x4020940dUL	/* FICLONERANGE */
#define DEDUPE_RANGE 0xc0189436UL	/* FIDEDUPERANGE */
#define EXTENT_MAP 0xc020660bUL		/* FS_IOC_FIEMAP */

/* Of <linux/userfaultfd.h>, and what the two have in common. */
#define REGISTER 0xc020aa00UL		/* UFFDIO_REGISTER */
#define UNREGISTER 0x8010aa01UL		/* UFFDIO_UNREGISTER */
#define OWN_RANGE 0xaa00UL

/* Return error with errno, if fd is a stub. */
#define REFUSE_STUB(fd, number)                                                \
	do {                                                                   \
		if (UL_UNLIKELY(ul_io_mode) && ul_io_is_stub(fd)) {            \
			errno = (number);                                      \
			return -1;                                             \
		}                                                              \
	} while (0)

static off64_t seek_stub(int fd, off64_t offset, int whence)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (offset < 0 || offset >= st.st_size) {
		errno = ENXIO;
		return -1;
	}
	return ul_real.lseek64(fd, whence == SEEK_DATA ? offset : st.st_size,
			       SEEK_SET);
}

UL_EXPORT off_t lseek(int fd, off_t offset, int whence)
{
	if (UL_UNLIKELY(ul_io_mode) &&
	    (whence == SEEK_DATA || whence == SEEK_HOLE) && ul_io_is_stub(fd))
		return seek_stub(fd, offset, whence);
	return UL_REAL(lseek)(fd, offset, whence);
}

UL_EXPORT off64_t lseek64(int fd, off64_t offset, int whence)
{
	if (UL_UNLIKELY(ul_io_mode) &&
	    (whence == SEEK_DATA || whence == SEEK_HOLE) && ul_io_is_stub(fd))
		return seek_stub(fd, offset, whence);
	return UL_REAL(lseek64)(fd, offset, whence);
}

UL_EXPORT ssize_t copy_file_range(int from, off64_t *from_at, int to,
				  off64_t *to_at, size_t length,
				  unsigned int flags)
{
	UL_TOUCH_RANGE(from_at, sizeof(*from_at));
	UL_TOUCH_RANGE(to_at, sizeof(*to_at));
	REFUSE_STUB(from, EXDEV);
	return UL_REAL(copy_file_range)(from, from_at, to, to_at, length,
					flags);
}

UL_EXPORT ssize_t sendfile(int to, int from, off_t *at, size_t length)
{
	UL_TOUCH_RANGE(at, sizeof(*at));
	REFUSE_STUB(from, EINVAL);
	return UL_REAL(sendfile)(to, from, at, length);
}

UL_EXPORT ssize_t sendfile64(int to, int from, off64_t *at, size_t length)
{
	UL_TOUCH_RANGE(at, sizeof(*at));
	REFUSE_STUB(from, EINVAL);
	return UL_REAL(sendfile64)(to, from, at, length);
}

UL_EXPORT ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at,
			 size_t length, unsigned int flags)
{
	UL_TOUCH_RANGE(from_at, sizeof(*from_at));
	UL_TOUCH_RANGE(to_at, sizeof(*to_at));
	REFUSE_STUB(from, EINVAL);
	return UL_REAL(splice)(from, from_at, to, to_at, length, flags);
}

/* The source of a clone is what request's argument says. */
static bool reads_a_stub(int fd, unsigned long request, void *argument)
{
	int64_t from;

	switch (request & 0xffffffffUL) {
	case CLONE:
		return ul_io_is_stub((int)(intptr_t)argument);
	case CLONE_RANGE:
		return ul_touch_copy(&from, argument, sizeof(from)) &&
		       ul_io_is_stub((int)from);
	case DEDUPE_RANGE:
	case EXTENT_MAP:
		return ul_io_is_stub(fd);
	default:
		return false;
	}
}

/* A request's number tells the size of what it points to, for most. */
static void touch_request(unsigned long request, void *argument)
{
	if (_IOC_DIR(request) != _IOC_NONE)
		ul_touch_range(argument, _IOC_SIZE(request));
	else if (_IOC_TYPE(request) != 0x94)
		ul_touch_range(argument, 64);	/* termios, winsize, ifreq */
}

/*
 * A userfaultfd of the program's own goes before ours: memory that it registers
 * (EBUSY) or, for kernels that do not look whose it is, gives up, is lazy no
 * more.
 */
static __attribute__((noinline)) int own_range(int fd, unsigned long request,
					       const void *argument)
{
	uint64_t range[2];
	struct ul_guard guard;
	int result = 0;

	if ((request & 0xffffffffUL) != UNREGISTER) {
		result = UL_REAL(ioctl)(fd, request, argument);
		if (result == 0 || errno != EBUSY ||
		    (request & 0xffffffffUL) != REGISTER)
			return result;
	}
	if (ul_touch_copy(range, argument, sizeof(range)) &&
	    ul_hook_enter(&guard)) {
		result = ul_engine->release(range[0], range[1]);
		ul_guard_leave_with(&guard, result);
	}
	return result < 0 ? -1 : UL_REAL(ioctl)(fd, request, argument);
}

UL_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list ap;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (UL_TOUCHES())
		touch_request(request, argument);
	if (UL_UNLIKELY(ul_io_mode) && reads_a_stub(fd, request, argument)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (UL_UNLIKELY((request & 0xfffe) == OWN_RANGE) && ul_engine)
		return own_range(fd, request, argument);
	return UL_REAL(ioctl)(fd, request, argument);
}

/* --- writing: only where a stub came to us open for that ----------------------- */

/* Of one that is open for reading the kernel itself says EBADF. */
static bool writes_a_stub(int fd)
{
	return ul_io_is_stub(fd) &&
	       (syscall(SYS_fcntl, fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

#define REFUSE_WRITING(fd)                                                     \
	do {                                                                   \
		if (UL_UNLIKELY(ul_io_mode) && writes_a_stub(fd)) {            \
			errno = EROFS;                                         \
			return -1;                                             \
		}                                                              \
	} while (0)

UL_EXPORT ssize_t write(int fd, const void *buffer, size_t size)
{
	UL_TOUCH_RANGE(buffer, size);
	REFUSE_WRITING(fd);
	return UL_REAL(write)(fd, buffer, size);
}

UL_EXPORT ssize_t pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
	UL_TOUCH_RANGE(buffer, size);
	REFUSE_WRITING(fd);
	return UL_REAL(pwrite)(fd, buffer, size, offset);
}

UL_EXPORT ssize_t pwrite64(int fd, const void *buffer, size_t size,
			   off64_t offset)
{
	UL_TOUCH_RANGE(buffer, size);
	REFUSE_WRITING(fd);
	return UL_REAL(pwrite64)(fd, buffer, size, offset);
}

UL_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	UL_TOUCH_PARTS(parts, (size_t)count);
	REFUSE_WRITING(fd);
	return UL_REAL(writev)(fd, parts, count);
}

UL_EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count,
			  off_t offset)
{
	UL_TOUCH_PARTS(parts, (size_t)count);
	REFUSE_WRITING(fd);
	return UL_REAL(pwritev)(fd, parts, count, offset);
}

UL_EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count,
			    off64_t offset)
{
	UL_TOUCH_PARTS(parts, (size_t)count);
	REFUSE_WRITING(fd);
	return UL_REAL(pwritev64)(fd, parts, count, offset);
}

UL_EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count,
			   off_t offset, int flags)
{
	UL_TOUCH_PARTS(parts, (size_t)count);
	REFUSE_WRITING(fd);
	return UL_REAL(pwritev2)(fd, parts, count, offset, flags);
}

UL_EXPORT ssize_t pwritev64v2(int fd, const struct iovec *parts, int count,
			      off64_t offset, int flags)
{
	UL_TOUCH_PARTS(parts, (size_t)count);
	REFUSE_WRITING(fd);
	return UL_REAL(pwritev64v2)(fd, parts, count, offset, flags);
}
