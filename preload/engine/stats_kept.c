/* SPDX-License-Identifier: MIT */
/*
 * stats_kept.c - the file that UFFDLAZY_STATS names
 *
 * It stays when the process has ended. What one that is gone has left is
 * replaced, and nothing else: a process that finds there the numbers of one that
 * lives takes the name with its own number behind it.
 *
 * Two that begin at once may both find it free, or both what one that is gone has
 * left. In the first case a link fails for the second. In the other a lock on
 * what is there is whose it will be; it is waited for by nobody, for who has it
 * may be stopped, and it ends with him (an OFD lock, in fcntl(2)).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>			/* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/engine/log.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"
#include "preload/store/hold.h"

static char kept[PATH_MAX];		/* absolute; or "" */

bool ul_stats_kept_init(void)
{
	const char *wanted = secure_getenv("UFFDLAZY_STATS");
	char here[PATH_MAX] = "";
	bool fits;

	if (!wanted || !*wanted)
		return false;
	if (*wanted != '/' && !getcwd(here, sizeof(here))) {
		ul_log(UL_LOG_WARNING,
		       "UFFDLAZY_STATS: cannot write %s: the current folder "
		       "cannot be told (%e); name a file by its whole path",
		       wanted, -errno);
		return false;
	}
	fits = ul_stats_join(kept, here, *here ? "/" : "", wanted);
	if (!fits)
		ul_log(UL_LOG_WARNING,
		       "UFFDLAZY_STATS: the path is too long, PATH_MAX or "
		       "more; no such file is written");
	return fits;
}

const char *ul_stats_kept(void)
{
	return kept;
}

enum owner { NOBODY, ANOTHER_PROCESS, FOREIGN };

/* Whose are the numbers in this file? Nobody's, and we may take its name, if it is
 * empty, or its process is gone or has become this one by exec; unless another one
 * is just taking it. */
static enum owner owner_of_numbers(int fd)
{
	struct ul_stat_header old;
	char number[24];
	const char *pid;
	ssize_t n = pread(fd, &old, sizeof(old), 0);

	if (n != 0 && (n != sizeof(old) ||
		       memcmp(old.magic, UL_STAT_MAGIC, sizeof(old.magic)) != 0))
		return FOREIGN;
	if (ul_hold_is_locked(fd))
		return ANOTHER_PROCESS;
	if (n == 0)
		return NOBODY;
	pid = ul_stats_decimal(number, old.pid);
	return old.end_ns || old.pid == (uint32_t)getpid() ||
			       ul_stats_start_ticks(pid) != old.start_ticks ?
		       NOBODY :
		       ANOTHER_PROCESS;
}

/* Of what is there by that name. *error: why it is foreign; 0: it holds something
 * else. */
static enum owner owner_of(const char *path, int *error)
{
	enum owner owner;
	struct stat st;
	int fd;

	*error = 0;
	if (lstat(path, &st) < 0) {
		*error = errno;
		return errno == ENOENT ? NOBODY : FOREIGN;
	}
	if (!S_ISREG(st.st_mode)) {
		*error = S_ISDIR(st.st_mode) ? EISDIR :
			 S_ISLNK(st.st_mode) ? ELOOP : ENODEV;
		return FOREIGN;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		*error = errno;
		return FOREIGN;
	}
	owner = owner_of_numbers(fd);
	close(fd);
	return owner;
}

/* Why FILE could not be had. */
static const char *why_not(int error)
{
	switch (error) {
	case 0:
		return "it is there, and holds something else: remove it, or "
		       "name another file";
	case ENOENT:
	case ENOTDIR:
		return "its folder is not there";
	case EISDIR:
		return "it is a folder: name a file in it";
	case ENODEV:
		return "it is no regular file: name another";
	case EACCES:
	case EPERM:
	case EROFS:
		return "this user may not write there";
	case ELOOP:
		return "it is a symbolic link: name the file itself";
	case EEXIST:
		return "another process writes it";
	default:
		return "it cannot be made";
	}
}

/* FILE or, where another process has that, the name with our pid behind it. False:
 * that is somebody's, too, and *error tells why_not; else it is ENOENT where there
 * is no such file. */
static bool choose_name(const char *pid, char path[PATH_MAX], int *error)
{
	enum owner owner = owner_of(kept, error);

	ul_stats_join(path, kept, "", "");
	if (owner == ANOTHER_PROCESS) {
		*error = EEXIST;
		if (!ul_stats_join(path, kept, ".", pid))
			return false;
		owner = owner_of(path, error);
		*error = owner == ANOTHER_PROCESS ? EEXIST : *error;
	}
	return owner == NOBODY;
}

void ul_stats_kept_complain(int error, bool forked)
{
	ul_log(forked ? UL_LOG_INFO : UL_LOG_WARNING,
	       "UFFDLAZY_STATS: cannot write %s: %s", kept, why_not(error));
}

bool ul_stats_kept_choose(const char *pid, char fresh[PATH_MAX], bool forked)
{
	char path[PATH_MAX], number[24];
	int error;

	if (!choose_name(pid, path, &error)) {
		ul_stats_kept_complain(error, forked);
		return false;
	}
	/* In another pid namespace somebody may have our number. */
	if (ul_stats_join(path, kept, ".", pid) &&
	    ul_stats_join(fresh, path, ".",
			  ul_stats_decimal(number, ul_now_ns())) &&
	    ul_stats_join(path, fresh, UL_STATS_NEW, "")) {
		strcpy(fresh, path);
		return true;
	}
	ul_stats_kept_complain(ENAMETOOLONG, forked);
	return false;
}

/* Where it may not be written, or has no locks, it is ours unlocked. */
static bool lock_old(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock) == 0 ||
	       (errno != EAGAIN && errno != EACCES);
}

/* Is it what the path leads to? */
static bool is_at(int fd, const char *path)
{
	struct stat st, there;

	return fstat(fd, &st) == 0 && lstat(path, &there) == 0 &&
	       st.st_dev == there.st_dev && st.st_ino == there.st_ino;
}

/* What is there is nobody's, as it seemed. The lock ends after the renaming. */
static bool replace(const char *fresh, const char *path)
{
	int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, O_RDWR | flags);
	int error = EEXIST;

	if (fd < 0 && errno == EACCES)
		fd = open(path, O_RDONLY | flags);
	if (fd < 0)
		return false;
	if (lock_old(fd) && is_at(fd, path) && owner_of_numbers(fd) == NOBODY)
		error = rename(fresh, path) < 0 ? errno : 0;
	close(fd);
	errno = error;
	return !error;
}

static bool give_name(const char *fresh, const char *path, bool is_free)
{
	if (!is_free)
		return replace(fresh, path);
	if (link(fresh, path) == 0) {
		unlink(fresh);
		return true;
	}
	/* There are file systems without links. */
	return errno != EEXIST && rename(fresh, path) == 0;
}

bool ul_stats_kept_show(const char *pid, const char *fresh, bool forked)
{
	char path[PATH_MAX];
	int error;

	for (int tries = 0; tries < 3 && choose_name(pid, path, &error);
	     tries++) {
		if (give_name(fresh, path, error == ENOENT)) {
			strcpy(kept, path);
			return true;
		}
		error = errno;
	}
	unlink(fresh);
	ul_stats_kept_complain(error, forked);
	return false;
}
