/* SPDX-License-Identifier: MIT */
/*
 * stats_file.c - the file that uffdlazy-stat finds
 *
 * Every process has uffdlazy-<uid>/<pid> in $XDG_RUNTIME_DIR or /dev/shm, in a
 * folder that nobody else may enter. With UFFDLAZY_STATS=FILE the numbers are
 * kept in FILE, from where no death of the process can take them, and the
 * folder has a symbolic link to it. The tables were in anonymous memory until
 * now; the file is laid over them at the same address.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>			/* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/folder.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/maps.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"

static struct ul_stat_header *header;
static char folder[PATH_MAX];		/* "": nowhere to publish */
static char published[PATH_MAX];	/* what finish unlinks; or "" */
static char fresh[PATH_MAX];		/* the file's name before it is shown; or "" */
static dev_t our_device;		/* which file is ours */
static ino_t our_inode;
static atomic_bool begun;		/* it was tried to publish */

bool ul_stats_join(char to[PATH_MAX], const char *a, const char *b,
		   const char *c)
{
	if (strlen(a) + strlen(b) + strlen(c) >= PATH_MAX)
		return false;
	strcpy(to, a);
	strcat(to, b);
	strcat(to, c);
	return true;
}

const char *ul_stats_decimal(char text[24], uint64_t number)
{
	char *at = text + 23;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return at;
}

uint64_t ul_stats_start_ticks(const char *pid)
{
	char path[64];

	strcpy(path, "/proc/");
	strncat(path, pid, 24);
	strcat(path, "/stat");
	return ul_proc_field(AT_FDCWD, path, 22);
}

/* Where pid is our number, as an inode; 0: it cannot be told. */
static uint64_t pid_namespace(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

void ul_stats_file_init(struct ul_stat_header *tables)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	char number[24];

	header = tables;
	header->start_ns = ul_now_ns();
	strncpy(header->command, ul_shim->program,
		sizeof(header->command) - 1);
	if (readlink("/proc/thread-self/exe", header->program,
		     sizeof(header->program)) == sizeof(header->program))
		header->program[0] = '\0';	/* cut: it is another's name */
	if (!runtime || *runtime != '/' || access(runtime, W_OK) != 0)
		runtime = "/dev/shm";
	if (!ul_stats_join(folder, runtime, "/uffdlazy-",
			   ul_stats_decimal(number, geteuid())))
		folder[0] = '\0';
	if (!ul_stats_kept_init())
		return;
	/* Asked for by name, so it is there even when nothing becomes lazy. */
	ul_stats_publish(false);
}

/* Our folder, made if need be: owned by us and closed to others. */
static bool folder_is_ours(void)
{
	struct stat st;
	bool made;

	if (!folder[0])
		return false;
	made = mkdir(folder, 0700) == 0;
	if ((!made && errno != EEXIST) || lstat(folder, &st) < 0)
		return false;
	/* By an odd umask it could not be used by the next ones either. No chmod:
	 * a filter may kill who calls it. */
	if (made && (st.st_mode & 0700) != 0700) {
		unlinkat(AT_FDCWD, folder, AT_REMOVEDIR);
		return false;
	}
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 077) == 0;
}

/*
 * A file is made anew under another name, and gets its own when it holds what it
 * should. So nobody finds it before; and never is one cut short that a process,
 * which we thought was gone, may have mapped: that would be a SIGBUS there.
 */
static int open_fresh(void)
{
	unlink(fresh);		/* an earlier process of this number */
	return open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* The last process to end takes our folder away, and this one may have to make it
 * once more. */
#define FOLDER_TRIES 3

static bool show_link(void)
{
	bool shown = false;

	for (int i = 0; i < FOLDER_TRIES && !shown && folder_is_ours(); i++)
		shown = symlink(ul_stats_kept(), published) == 0;
	return shown;
}

/* The file gets its name; published: for uffdlazy-stat, a link to FILE. */
static void show(const char *pid, bool is_kept, bool forked)
{
	bool shown = false;

	/* By the program that this process was before, perhaps. */
	if (published[0])
		unlink(published);
	if (is_kept && !ul_stats_kept_show(pid, fresh, forked))
		shown = false;
	else if (published[0] && is_kept)
		shown = show_link();
	else if (published[0])
		shown = rename(fresh, published) == 0;
	if (!shown)
		published[0] = '\0';
	fresh[0] = '\0';
}

void ul_stats_file_lost(void)
{
	ul_stats_lay_memory();
	ul_log(UL_LOG_WARNING,
	       "there is no room for statistics in %s, or no file may be so "
	       "long (ulimit -f): there are none; UFFDLAZY_STATS can name "
	       "another file",
	       *ul_stats_kept() ? ul_stats_kept() : folder);
	if (published[0])
		unlink(published);
	if (fresh[0])
		unlink(fresh);
	published[0] = fresh[0] = '\0';
}

/* A fork's child that has nothing lazy: count for itself, in no file. */
void ul_stats_detach(void)
{
	if (!header)
		return;
	ul_stats_lay_memory();
	ul_stats_restart();
	header->pid = (uint32_t)getpid();
	published[0] = '\0';
	begun = false;
}

static void remember_and_close(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0) {
		our_device = st.st_dev;
		our_inode = st.st_ino;
	}
	close(fd);
}

void ul_stats_publish(bool forked)
{
	char number[24];
	const char *pid = ul_stats_decimal(number, (uint64_t)getpid());
	bool is_kept = false;
	int fd = -1;

	/* The first region may be one that needs no keeper, which comes
	 * later. */
	if (atomic_exchange(&begun, true) && !forked)
		return;
	if (ul_handler_is_forbidden()) {
		if (forked)
			ul_stats_detach();
		return;
	}
	if (!folder_is_ours() || !ul_stats_join(published, folder, "/", pid))
		published[0] = '\0';
	if (*ul_stats_kept() && ul_stats_kept_choose(pid, fresh, forked)) {
		fd = open_fresh();
		is_kept = fd >= 0;
		if (!is_kept)
			ul_stats_kept_complain(errno, forked);
	}
	if (fd < 0 && published[0] &&
	    ul_stats_join(fresh, published, UL_STATS_NEW, ""))
		for (int i = 0; i < FOLDER_TRIES && fd < 0 && folder_is_ours();
		     i++)
			fd = open_fresh();
	if (fd < 0)
		ul_stats_lay_memory();
	else if (!ul_stats_lay_file(fd))
		ul_stats_file_lost();
	if (fd >= 0)
		remember_and_close(fd);
	if (forked)
		ul_stats_restart();
	memcpy(header->magic, UL_STAT_MAGIC, sizeof(header->magic));
	header->pid = (uint32_t)getpid();
	header->parent = (uint32_t)(forked ? ul_handler_forked_by() : getppid());
	header->uid = (uint32_t)geteuid();
	/* Not by our number: /proc may be another pid namespace's. */
	header->start_ticks = ul_stats_start_ticks("self");
	header->pid_namespace = pid_namespace();
	header->has_keeper = 0;		/* its parent's; it says so itself */
	if (forked)
		header->start_ns = ul_now_ns();
	if (fresh[0])
		show(pid, is_kept, forked);
}

/* One of another pid namespace, with our number, may have taken our name. */
static void take_name_away(void)
{
	struct stat st;

	if (stat(published, &st) < 0 ? errno == ENOENT :
				       st.st_dev == our_device &&
					       st.st_ino == our_inode)
		unlink(published);
}

/* "123", "123.new": a process's number, and nothing else. */
static int pid_of(const char *name)
{
	long pid = 0;

	for (const char *at = name; *at && strcmp(at, UL_STATS_NEW) != 0; at++) {
		if (*at < '0' || *at > '9' || pid > INT_MAX / 10)
			return 0;
		pid = pid * 10 + (*at - '0');
	}
	return (int)pid;
}

/* Is it of our pid namespace, so that its number is one of ours? What does not say
 * so may be another's. */
static bool is_numbered_here(int in, const char *name)
{
	struct ul_stat_header old;
	int fd = openat(in, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT;		/* a link to what is gone */
	n = pread(fd, &old, sizeof(old), 0);
	close(fd);
	return n == sizeof(old) &&
	       memcmp(old.magic, UL_STAT_MAGIC, sizeof(old.magic)) == 0 &&
	       old.pid_namespace == pid_namespace();
}

static bool remove_if_gone(int in, const char *name, void *context)
{
	int pid = pid_of(name);

	(void)context;
	if (pid && kill(pid, 0) < 0 && errno == ESRCH &&
	    is_numbered_here(in, name))
		unlinkat(in, name, 0);
	return true;
}

void ul_stats_sweep(void)
{
	char room[4096] __attribute__((aligned(8)));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	ul_folder_each(fd, room, sizeof(room), remove_if_gone, NULL);
	close(fd);
}

void ul_stats_finish(void)
{
	if (!header || header->pid != (uint32_t)getpid())
		return;
	header->end_ns = ul_now_ns();
	if (!published[0])
		return;
	take_name_away();
	/* Empty, it would still keep a program from removing what it is in. */
	unlinkat(AT_FDCWD, folder, AT_REMOVEDIR);
}
