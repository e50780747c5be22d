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
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/maps.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"

#define NEW ".new"

static struct ul_stat_header *header;
static char folder[PATH_MAX];		/* "": nowhere to publish */
static char kept[PATH_MAX];		/* UFFDLAZY_STATS, absolute; or "" */
static char published[PATH_MAX];	/* what finish unlinks; or "" */
static atomic_bool begun;		/* it was tried to publish */

static bool join(char *to, const char *a, const char *b, const char *c)
{
	if (strlen(a) + strlen(b) + strlen(c) >= PATH_MAX)
		return false;
	strcpy(to, a);
	strcat(to, b);
	strcat(to, c);
	return true;
}

static const char *decimal(char text[24], uint64_t number)
{
	char *at = text + 23;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return at;
}

/* 0: no such process. */
static uint64_t start_ticks(const char *pid)
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

	return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

void ul_stats_file_init(struct ul_stat_header *tables)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	const char *wanted = secure_getenv("UFFDLAZY_STATS");
	char number[24];

	header = tables;
	header->start_ns = ul_now_ns();
	strncpy(header->command, ul_shim->program,
		sizeof(header->command) - 1);
	if (readlink("/proc/self/exe", header->program,
		     sizeof(header->program)) == sizeof(header->program))
		header->program[0] = '\0';	/* cut: it is another's name */
	if (!runtime || *runtime != '/' || access(runtime, W_OK) != 0)
		runtime = "/dev/shm";
	if (!join(folder, runtime, "/uffdlazy-", decimal(number, geteuid())))
		folder[0] = '\0';
	if (!wanted || !*wanted)
		return;
	if (*wanted == '/') {
		join(kept, wanted, "", "");
	} else {
		char here[PATH_MAX];

		if (getcwd(here, sizeof(here)))
			join(kept, here, "/", wanted);
	}
	/* Asked for by name, so it is there even when nothing becomes lazy. */
	ul_stats_publish(false);
}

/* Our folder, made if need be: owned by us and closed to others. */
static bool folder_is_ours(void)
{
	struct stat st;

	if (!folder[0] || (mkdir(folder, 0700) < 0 && errno != EEXIST))
		return false;
	return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

enum owner { OURS, ANOTHER_PROCESS, FOREIGN };

/* Whose is FILE? Ours, to be written, if it is new, or empty, or the numbers of
 * a process that is gone or that this one has replaced by exec. */
static enum owner owner_of(int fd)
{
	struct ul_stat_header old;
	char number[24];
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return FOREIGN;
	if (st.st_size == 0)
		return OURS;
	if (pread(fd, &old, sizeof(old), 0) != sizeof(old) ||
	    memcmp(old.magic, UL_STAT_MAGIC, sizeof(old.magic)) != 0)
		return FOREIGN;
	return old.end_ns || old.pid == (uint32_t)getpid() ||
			       start_ticks(decimal(number, old.pid)) !=
				       old.start_ticks ?
		       OURS :
		       ANOTHER_PROCESS;
}

/* error: open's, or 0 where the file is somebody else's. */
static int open_ours(const char *path, enum owner *owner, int *error)
{
	int fd = open(path,
		      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			      O_NOCTTY,
		      0600);

	*error = fd < 0 ? errno : 0;
	*owner = fd < 0 ? FOREIGN : owner_of(fd);
	if (*owner == OURS)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Why FILE could not be had. */
static const char *why_not(enum owner owner, int error)
{
	if (owner == ANOTHER_PROCESS)
		return "another process writes it";
	switch (error) {
	case 0:
		return "it is there, and holds something else: remove it, or "
		       "name another file";
	case ENOENT:
	case ENOTDIR:
		return "its folder is not there";
	case EISDIR:
		return "it is a folder: name a file in it";
	case EACCES:
	case EPERM:
	case EROFS:
		return "this user may not write there";
	case ELOOP:
		return "it is a symbolic link: name the file itself";
	default:
		return "it cannot be opened";
	}
}

static int open_kept(const char *pid, const char **why)
{
	char path[PATH_MAX];
	enum owner owner;
	int error;
	int fd = open_ours(kept, &owner, &error);

	*why = why_not(owner, error);
	/* Another process has it: the name with our pid behind it. */
	if (owner != ANOTHER_PROCESS || !join(path, kept, ".", pid))
		return fd;
	fd = open_ours(path, &owner, &error);
	if (fd >= 0)
		strcpy(kept, path);
	return fd;
}

/* Nobody finds the file before it holds what it should: it has another name
 * until then. */
static int open_published(void)
{
	char path[PATH_MAX];

	if (!join(path, published, NEW, ""))
		return -1;
	unlink(path);		/* an earlier process of this number */
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* is_link: a link to FILE does it. */
static void show(bool is_link)
{
	char path[PATH_MAX];
	bool shown;

	if (is_link)
		shown = (unlink(published), symlink(kept, published) == 0);
	else
		shown = join(path, published, NEW, "") &&
			rename(path, published) == 0;
	if (!shown)
		published[0] = '\0';
}

void ul_stats_file_lost(void)
{
	char path[PATH_MAX];

	ul_stats_lay_memory();
	ul_log(UL_LOG_WARNING,
	       "there is no room for statistics in %s, or no file may be so "
	       "long (ulimit -f): there are none; UFFDLAZY_STATS can name "
	       "another file",
	       kept[0] ? kept : folder);
	if (published[0]) {
		unlink(published);
		if (join(path, published, NEW, ""))
			unlink(path);
	}
	published[0] = '\0';
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

void ul_stats_publish(bool forked)
{
	char number[24];
	const char *pid = decimal(number, (uint64_t)getpid());
	const char *why;
	bool is_link = false;
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
	if (!folder_is_ours() || !join(published, folder, "/", pid))
		published[0] = '\0';
	if (kept[0]) {
		fd = open_kept(pid, &why);
		if (fd < 0)
			ul_log(forked ? UL_LOG_INFO : UL_LOG_WARNING,
			       "UFFDLAZY_STATS: cannot write %s: %s", kept,
			       why);
		is_link = fd >= 0;
	}
	if (fd < 0 && published[0])
		fd = open_published();
	if (fd < 0)
		ul_stats_lay_memory();
	else if (!ul_stats_lay_file(fd))
		ul_stats_file_lost();
	if (fd >= 0)
		close(fd);
	if (forked)
		ul_stats_restart();
	memcpy(header->magic, UL_STAT_MAGIC, sizeof(header->magic));
	header->pid = (uint32_t)getpid();
	header->parent = (uint32_t)getppid();
	header->uid = (uint32_t)geteuid();
	/* Not by our number: /proc may be another pid namespace's. */
	header->start_ticks = start_ticks("self");
	header->pid_namespace = pid_namespace();
	if (forked)
		header->start_ns = ul_now_ns();
	if (published[0])
		show(is_link);
}

/* "123", "123.new": a process's number, and nothing else. */
static int pid_of(const char *name)
{
	long pid = 0;

	for (const char *at = name; *at && strcmp(at, NEW) != 0; at++) {
		if (*at < '0' || *at > '9' || pid > INT_MAX / 10)
			return 0;
		pid = pid * 10 + (*at - '0');
	}
	return (int)pid;
}

void ul_stats_sweep(void)
{
	struct entry {			/* linux_dirent64 of getdents64(2) */
		uint64_t inode;
		int64_t offset;
		unsigned short length;
		unsigned char type;
		char name[];
	};
	char buffer[4096] __attribute__((aligned(8)));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	long n;

	if (fd < 0)
		return;
	while ((n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			struct entry *entry = (struct entry *)(buffer + at);
			int pid = pid_of(entry->name);

			if (pid && kill(pid, 0) < 0 && errno == ESRCH)
				unlinkat(fd, entry->name, 0);
			at += entry->length;
		}
	}
	close(fd);
}

void ul_stats_finish(void)
{
	if (!header || header->pid != (uint32_t)getpid())
		return;
	header->end_ns = ul_now_ns();
	if (published[0])
		unlink(published);
}
