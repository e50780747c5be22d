/* SPDX-License-Identifier: MIT */
/*
 * stub_read.c - a stub is read
 *
 *      read(fd) ─► which file? ─► what part of it? ─► store ─► buffer
 *                  fstat, table   lseek, atomically
 *
 * The part of the file that a read is for is claimed by one lseek forward.
 * The kernel makes that atomic for all who share the descriptor, in this
 * process and in others, so that two readers never get the same bytes; what
 * was claimed in vain goes back by a relative lseek. No lock of ours could do
 * that across processes, and none is held while the store works.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/log.h"
#include "preload/engine/stub_files.h"
#include "preload/store/store.h"

#define READ_MAX ((size_t)0x7ffff000)	/* as read(2) has it */
#define BOUNCE ((size_t)128 << 10)	/* frames are 64 KiB, mostly */

/*
 * The bytes go through memory of ours and are handed over by the kernel, so
 * that a buffer which is not there is EFAULT, as for read(2), and no crash.
 */
static _Atomic(char *) bounces[4];

static char *take_bounce(void)
{
	char *bounce;

	for (int i = 0; i < 4; i++) {
		bounce = atomic_exchange(&bounces[i], NULL);
		if (bounce)
			return bounce;
	}
	bounce = mmap(NULL, BOUNCE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return bounce == MAP_FAILED ? NULL : bounce;
}

static void give_bounce(char *bounce)
{
	char *none;

	for (int i = 0; i < 4; i++) {
		none = NULL;
		if (atomic_compare_exchange_strong(&bounces[i], &none, bounce))
			return;
	}
	munmap(bounce, BOUNCE);
}

/* By the kernel. The raw number: this may be a vfork's child. Where it is
 * forbidden, by hand. Returns the bytes copied. */
static size_t copy(void *to, const void *from, size_t length)
{
	struct iovec target = { to, length };
	struct iovec source = { (void *)from, length };
	ssize_t copied = process_vm_readv((pid_t)syscall(SYS_getpid), &target,
					  1, &source, 1, 0);

	if (copied >= 0)
		return (size_t)copied;
	if (errno == EFAULT)
		return 0;
	memcpy(to, from, length);
	return length;
}

static bool copy_part(struct iovec *part, const struct iovec *from)
{
	return copy(part, from, sizeof(*part)) == sizeof(*part);
}

/* How many bytes of the parts there is room for; -errno as readv(2). */
static ssize_t room_of(const struct iovec *parts, int count)
{
	struct iovec part;
	size_t total = 0;

	if (count < 0 || count > IOV_MAX)
		return -EINVAL;
	for (int i = 0; i < count; i++) {
		if (!copy_part(&part, &parts[i]))
			return -EFAULT;
		if (part.iov_len > SSIZE_MAX - total)
			return -EINVAL;
		total += part.iov_len;
	}
	return (ssize_t)(total < READ_MAX ? total : READ_MAX);
}

struct target {
	const struct iovec *parts;
	int count;
	size_t used;			/* of the first part */
};

/* Hand length bytes over. How many could be, which is fewer where the
 * program's memory ends. */
static size_t hand_over(struct target *target, const char *bytes, size_t length)
{
	size_t done = 0;

	while (done < length && target->count) {
		struct iovec part;
		size_t n, copied;

		if (!copy_part(&part, target->parts))
			break;
		n = part.iov_len - target->used;
		if (n > length - done)
			n = length - done;
		copied = n ? copy((char *)part.iov_base + target->used,
				  bytes + done, n) : 0;
		target->used += copied;
		done += copied;
		if (copied != n)
			break;
		if (target->used == part.iov_len) {
			target->parts++;
			target->count--;
			target->used = 0;
		}
	}
	return done;
}

/* [offset, offset + length), which lies in the store, to the target. Returns
 * the bytes done, or -errno when there are none. */
static ssize_t read_part(struct ul_store *store, uint64_t offset, size_t length,
			 struct target *target)
{
	struct ul_store_error why;
	char *bounce = take_bounce();
	size_t done = 0;
	int error = bounce ? 0 : -ENOMEM;

	while (!error && done < length) {
		/* Up to a multiple of BOUNCE: frames are not unpacked twice. */
		size_t n = BOUNCE - (size_t)((offset + done) % BOUNCE);
		size_t handed;

		if (n > length - done)
			n = length - done;
		error = ul_store_read(store, offset + done, bounce, n, &why);
		if (error) {
			ul_log(UL_LOG_ERROR, "store %s, offset %l: %s",
			       ul_store_name(store), offset + done, why.text);
			error = -EIO;
			break;
		}
		handed = hand_over(target, bounce, n);
		done += handed;
		if (handed < n)
			error = -EFAULT;
	}
	if (bounce)
		give_bounce(bounce);
	return done ? (ssize_t)done : error;
}

/* As read_part, from the descriptor's own offset on. */
static ssize_t read_on(int fd, off_t size, struct ul_store *store, size_t room,
		       struct target *target)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	off_t claimed, over;
	ssize_t done;

	if (at < 0)
		return -errno;
	if (at >= size)
		return 0;
	claimed = size - at < (off_t)room ? size - at : (off_t)room;
	at = lseek(fd, claimed, SEEK_CUR);
	if (at < 0)
		return -errno;
	at -= claimed;
	/* Somebody else may have been quicker. */
	over = at >= size ? claimed : at + claimed > size ? at + claimed - size : 0;
	done = over == claimed ? 0 :
	       read_part(store, (uint64_t)at, (size_t)(claimed - over), target);
	if (done < claimed)
		lseek(fd, (done > 0 ? done : 0) - claimed, SEEK_CUR);
	return done;
}

ssize_t ul_stub_files_read(int fd, const struct iovec *parts, int count,
			   int64_t offset)
{
	struct target target = { parts, count, 0 };
	struct ul_store *store = NULL;
	int saved = errno;
	int mode = fcntl(fd, F_GETFL);
	struct stat st;
	ssize_t done, room;

	/* What cannot be read at all is the kernel's to refuse. */
	if (mode < 0 || (mode & O_PATH) || (mode & O_ACCMODE) == O_WRONLY ||
	    !ul_stub_files_find(fd, &st, &store)) {
		errno = saved;
		return UL_NO_STUB;
	}
	room = room_of(parts, count);
	if (offset < UL_OFFSET_CURRENT)
		done = -EINVAL;
	else if (room < 0)
		done = room;
	else if (room == 0)
		done = 0;
	else if (!store)
		done = -EIO;		/* why was said when it was opened */
	else if (offset == UL_OFFSET_CURRENT)
		done = read_on(fd, st.st_size, store, (size_t)room, &target);
	else if (offset >= st.st_size)
		done = 0;
	else
		done = read_part(store, (uint64_t)offset,
				 st.st_size - offset < room ?
					 (size_t)(st.st_size - offset) :
					 (size_t)room,
				 &target);
	ul_store_put(store);
	errno = saved;
	return done;
}
