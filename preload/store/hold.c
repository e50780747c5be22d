/* SPDX-License-Identifier: MIT */
/* hold.c - see hold.h. */
#include "config.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/store/hold.h"

#define HELD 8				/* what is beyond stays open, too */

static _Atomic int held[HELD];		/* descriptors plus one; 0: none */
static atomic_bool forbidden;		/* to ask */

/* Asked for an owner that is not the process, the kernel tells of the process's
 * own locks, too. */
bool ul_hold_is_locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (forbidden)
		return true;
	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void ul_hold_ask_nobody(void)
{
	forbidden = true;
}

void ul_hold_close(int fd)
{
	if (!ul_hold_is_locked(fd)) {
		close(fd);
		return;
	}
	for (int i = 0; i < HELD; i++) {
		int none = 0;

		if (atomic_compare_exchange_strong(&held[i], &none, fd + 1))
			return;
	}
}

/* The program may have closed it, and opened something else by its number. */
static bool is_still(int fd, dev_t device, ino_t inode)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	return flags >= 0 && !(flags & O_PATH) &&
	       (flags & O_ACCMODE) != O_WRONLY && fstat(fd, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

int ul_hold_find(dev_t device, ino_t inode)
{
	for (int i = 0; i < HELD; i++) {
		int fd = atomic_load(&held[i]) - 1;

		if (fd >= 0 && is_still(fd, device, inode))
			return fd;
	}
	return -1;
}
