/* SPDX-License-Identifier: MIT */
/*
 * stat_find.c - where processes publish their statistics
 *
 * A process publishes in uffdlazy-<uid> under $XDG_RUNTIME_DIR, else under
 * /dev/shm. It may have had another environment than we have, so both are
 * looked through. /dev/shm is open to everybody: a folder counts only when it
 * is the user's own, and is not a symbolic link.
 */
#include "config.h"

#include "tools/stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SHM "/dev/shm"
#define RUN_USER "/run/user"

/* The search, and what it has found so far. */
struct search {
	uid_t uid;
	bool all;
	pid_t pid;			/* the one wanted; 0: every one */
	void (*complain)(const char *text);
	struct ul_stat_snapshot *found;
	size_t n_found;
	size_t room;
	bool closed;			/* said: not all may be read */
	bool out_of_memory;
	struct ul_stat_error error;	/* of the last file refused */
	int code;			/* its -errno; 0: none */
};

/* The number that text is, or -1. Neither signs nor blanks. */
static long parse_number(const char *text)
{
	char *end;
	long value;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno || *end ? -1 : value;
}

static void keep(struct search *search, struct ul_stat_snapshot *snapshot)
{
	if (search->n_found == search->room) {
		size_t room = search->room ? 2 * search->room : 16;
		void *grown = reallocarray(search->found, room,
					   sizeof(*search->found));

		if (!grown) {
			search->out_of_memory = true;
			ul_stat_release(snapshot);
			return;
		}
		search->found = grown;
		search->room = room;
	}
	search->found[search->n_found++] = *snapshot;
}

/* why begins with a name in the folder, or speaks of the folder. */
static void refused(struct search *search, const char *folder, bool name,
		    int code, const struct ul_stat_error *why)
{
	search->code = code;
	snprintf(search->error.text, sizeof(search->error.text), "%.200s%s%.300s",
		 folder, name ? "/" : ": ", why->text);
	if (search->complain)
		search->complain(search->error.text);
}

/* A process that has just begun may not have written all of it. */
static int read_begun(int folder, const char *name, uid_t owner,
		      struct ul_stat_snapshot *snapshot,
		      struct ul_stat_error *error)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int tries, result = -EBADMSG;

	for (tries = 0; tries < 5 && result == -EBADMSG; tries++) {
		if (tries)
			nanosleep(&moment, NULL);
		result = ul_stat_read(folder, name, owner, snapshot, error);
		if (result == 0 &&
		    (long)snapshot->header.pid != parse_number(name)) {
			snprintf(error->text, sizeof(error->text),
				 "%.32s: speaks of another process, %u", name,
				 snapshot->header.pid);
			ul_stat_release(snapshot);
			result = -EBADMSG;
		}
	}
	/* It has ended meanwhile. */
	if (result == -EBADMSG &&
	    faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return -ENOENT;
	return result;
}

/* Read the file of one pid in an open folder. */
static void look_at(struct search *search, int folder, const char *folder_name,
		    const char *name, uid_t owner)
{
	struct ul_stat_snapshot snapshot;
	struct ul_stat_error error;
	int result = read_begun(folder, name, owner, &snapshot, &error);

	if (result == -ENOENT)
		return;			/* it ended while we looked */
	if (result != 0)
		refused(search, folder_name, true, result, &error);
	else if (snprintf(snapshot.path, sizeof(snapshot.path), "%s/%s",
			  folder_name, name) < (int)sizeof(snapshot.path))
		keep(search, &snapshot);
	else
		ul_stat_release(&snapshot);
}

/* Read a folder that is owner's. One that is not there is no mistake. */
static void look_in(struct search *search, const char *folder_name, uid_t owner)
{
	struct ul_stat_error error;
	struct dirent *entry;
	struct stat st;
	DIR *folder;
	int fd;

	fd = open(folder_name,
		  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	/* Of every user's, those that nobody but root may read. */
	if (fd < 0 && errno == EACCES && owner != geteuid() && search->all) {
		if (!search->closed && search->complain)
			search->complain("what other users' processes publish "
					 "can only be read by root");
		search->closed = true;
		return;
	}
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_uid != owner) {
		snprintf(error.text, sizeof(error.text),
			 "not a folder of user %u that can be read", owner);
		refused(search, folder_name, false, -EPERM, &error);
		if (fd >= 0)
			close(fd);
		return;
	}
	folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		search->out_of_memory = true;
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		long pid = parse_number(entry->d_name);

		if (pid > 0 && (search->pid == 0 || pid == search->pid))
			look_at(search, dirfd(folder), folder_name,
				entry->d_name, owner);
	}
	closedir(folder);
}

/* Read uffdlazy-<uid> under base for one user. */
static void look_under(struct search *search, const char *base, uid_t uid)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/" UL_STAT_FOLDER, base,
			      uid);

	if (length > 0 && (size_t)length < sizeof(path))
		look_in(search, path, uid);
}

/* Read every user's folder under base. */
static void look_under_all(struct search *search, const char *base)
{
	static const char prefix[] = "uffdlazy-";
	struct dirent *entry;
	DIR *folder = opendir(base);

	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL) {
		long uid = -1;

		if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0)
			uid = parse_number(entry->d_name + sizeof(prefix) - 1);
		if (uid >= 0)
			look_under(search, base, (uid_t)uid);
	}
	closedir(folder);
}

/* Read /run/user/<uid>/uffdlazy-<uid> for every user. */
static void look_in_runtime_folders(struct search *search)
{
	struct dirent *entry;
	char base[PATH_MAX];
	DIR *folder = opendir(RUN_USER);

	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL) {
		long uid = parse_number(entry->d_name);

		if (uid < 0)
			continue;
		snprintf(base, sizeof(base), RUN_USER "/%ld", uid);
		look_under(search, base, (uid_t)uid);
	}
	closedir(folder);
}

static void look(struct search *search)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char own[64];

	snprintf(own, sizeof(own), RUN_USER "/%u", search->uid);
	if (search->all) {
		look_under_all(search, SHM);
		look_in_runtime_folders(search);
	} else {
		look_under(search, SHM, search->uid);
		look_under(search, own, search->uid);
	}
	/* Not the same folder twice. */
	if (runtime && runtime[0] == '/' && strcmp(runtime, SHM) != 0 &&
	    strcmp(runtime, own) != 0)
		look_under(search, runtime, search->uid);
}

static int by_pid(const void *left, const void *right)
{
	const struct ul_stat_snapshot *a = left;
	const struct ul_stat_snapshot *b = right;

	return (a->header.pid > b->header.pid) -
	       (a->header.pid < b->header.pid);
}

int ul_stat_find_all(uid_t uid, bool all, struct ul_stat_snapshot **snapshots,
		     size_t *n_snapshots, void (*complain)(const char *text))
{
	struct search search = { .uid = uid, .all = all,
				 .complain = complain };

	look(&search);
	if (search.n_found)
		qsort(search.found, search.n_found, sizeof(*search.found),
		      by_pid);
	*snapshots = search.found;
	*n_snapshots = search.n_found;
	return search.out_of_memory ? -ENOMEM : 0;
}

/* Why a process was not found. */
static void say_why(pid_t pid, uid_t uid, bool all, struct ul_stat_error *error)
{
	const char *hint = uid == 0 ? "; try --all-users" : "";
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) != 0)
		snprintf(error->text, sizeof(error->text),
			 "there is no process %d", (int)pid);
	else if (st.st_uid != uid && !all)
		snprintf(error->text, sizeof(error->text),
			 "process %d belongs to user %u, not to user %u%s",
			 (int)pid, st.st_uid, uid, hint);
	else
		snprintf(error->text, sizeof(error->text),
			 "process %d publishes no statistics: it was not "
			 "started with uffdlazy-run, or has had no lazy memory "
			 "yet", (int)pid);
}

int ul_stat_find(uid_t uid, bool all, pid_t pid,
		 struct ul_stat_snapshot *snapshot, struct ul_stat_error *error)
{
	struct search search = { .uid = uid, .all = all, .pid = pid };
	size_t chosen = 0;
	size_t i;

	look(&search);
	/* A pid may have left a file in one folder and live in the other. */
	for (i = 0; i < search.n_found; i++) {
		if (search.found[i].running)
			chosen = i;
	}
	for (i = 0; i < search.n_found; i++) {
		if (i != chosen)
			ul_stat_release(&search.found[i]);
	}
	if (search.n_found == 0 && search.code != 0) {
		*error = search.error;
		free(search.found);
		return search.code;
	}
	if (search.n_found == 0) {
		say_why(pid, uid, all, error);
		free(search.found);
		return search.out_of_memory ? -ENOMEM : -ENOENT;
	}
	*snapshot = search.found[chosen];
	free(search.found);
	return 0;
}
