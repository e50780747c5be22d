/* SPDX-License-Identifier: MIT */
/*
 * io_stub.c - which descriptors are stubs, and reading them; see hook_io.h
 *
 * A stub is found when it is opened, by the first bytes of the file; from then
 * on this process looks at the file behind each descriptor it reads. Others
 * pay one branch for a read.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_io.h"

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

/* Streams do not see what their descriptor has become; see stub_stream.c. */
int ul_io_duplicated(int fd)
{
	if (UL_UNLIKELY(ul_io_mode) && fd == STDIN_FILENO && ul_io_is_stub(fd))
		ul_stdio_adopt_stdin();
	return fd;
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
			ul_stdio_start_with_stub();
	}
	ul_io_watches = inherited >= 0;
}
