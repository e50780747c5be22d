/* SPDX-License-Identifier: MIT */
/*
 * pack_output.c - files that appear whole or not at all
 *
 * A file is written without a name (O_TMPFILE) in the folder of its target,
 * and linked there when it is whole and on the disk. Where the file system
 * cannot do that, it has a hidden name meanwhile, which a signal's handler
 * removes.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/pack.h"

#define TEMPORARIES 2

/* What the handler removes. Written with the signals held. */
static char *volatile temporaries[TEMPORARIES];

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static void remove_and_die(int number)
{
	for (int i = 0; i < TEMPORARIES; i++)
		if (temporaries[i])
			unlink(temporaries[i]);
	/* SA_RESETHAND: as if we had never caught it. */
	raise(number);
}

void output_catch_signals(void)
{
	struct sigaction action = {.sa_handler = remove_and_die,
				   .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;

	for (size_t i = 0; i < N_SIGNALS; i++) {
		/* nohup(1) ignores SIGHUP for us: leave it so. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	/* A pipe's reader gone, a file's limit reached: write(2) says so. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Someone wants to write what we hold a lease on: so be it. */
	signal(SIGIO, SIG_IGN);
}

void output_hold_signals(bool hold)
{
	static int depth; /* the main thread's: only it holds them */
	sigset_t set;

	depth += hold ? 1 : -1;
	if (depth != (hold ? 1 : 0))
		return;
	sigemptyset(&set);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void remember(char *from, char *to)
{
	for (int i = 0; i < TEMPORARIES; i++) {
		if (temporaries[i] == from) {
			temporaries[i] = to;
			return;
		}
	}
}

/* The hidden name's pattern: beside the target. */
static char *temporary_name(const char *target)
{
	const char *slash = strrchr(target, '/');
	int folder = slash ? (int)(slash - target) + 1 : 0;
	char *name = NULL;

	if (asprintf(&name, "%.*s.%.200s.XXXXXX", folder, target,
		     target + folder) < 0)
		return NULL;
	return name;
}

static void folder_of(const char *target, char folder[PATH_MAX])
{
	const char *slash = strrchr(target, '/');

	snprintf(folder, PATH_MAX, "%.*s",
		 slash ? (int)(slash - target) + 1 : 1, slash ? target : ".");
}

static int open_nameless(const char *target)
{
	char folder[PATH_MAX], link[64];
	int fd;

	folder_of(target, folder);
	fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	/* It gets its name through /proc. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (access(link, F_OK) == 0)
		return fd;
	close(fd);
	return -1;
}

static int open_named(struct output *output)
{
	output->temporary = temporary_name(output->target);
	if (!output->temporary)
		return pack_fail("out of memory");
	output_hold_signals(true);
	output->fd = mkostemp(output->temporary, O_CLOEXEC);
	if (output->fd >= 0)
		remember(NULL, output->temporary);
	output_hold_signals(false);
	if (output->fd >= 0)
		return 0;
	return pack_fail("%s cannot be made: %s", output->target,
			 strerror(errno));
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* What is there already? A symbolic link is followed, not replaced. */
static int examine_target(struct output *output, const struct stat *input)
{
	struct stat st;
	char *real;

	if (stat(output->target, &st) == 0 && S_ISREG(st.st_mode) &&
	    is_same_file(&st, input))
		return pack_fail("%s is the input itself: name another file",
				 output->target);
	if (lstat(output->target, &st) < 0)
		return 0;
	if (!output->force)
		return pack_fail("%s exists; --force overwrites it",
				 output->target);
	if (S_ISLNK(st.st_mode)) {
		real = realpath(output->target, NULL);
		if (!real || stat(real, &st) < 0) {
			free(real);
			return pack_fail("%s is a symbolic link to nothing",
					 output->target);
		}
		free(output->target);
		output->target = real;
	}
	if (!S_ISREG(st.st_mode))
		return pack_fail("%s exists and is not a regular file",
				 output->target);
	return 0;
}

int output_open(struct output *output, const char *target, bool force,
		const struct stat *input)
{
	memset(output, 0, sizeof(*output));
	output->fd = -1;
	if (pack_is_dash(target)) {
		output->fd = STDOUT_FILENO;
		return 0;
	}
	output->force = force;
	output->target = strdup(target);
	if (!output->target)
		return pack_fail("out of memory");
	if (examine_target(output, input) < 0)
		return -1;
	output->fd = open_nameless(output->target);
	return output->fd >= 0 ? 0 : open_named(output);
}

bool output_is_same(const struct output *a, const struct output *b)
{
	const char *slash_a = strrchr(a->target, '/');
	const char *slash_b = strrchr(b->target, '/');
	char folder_a[PATH_MAX], folder_b[PATH_MAX];
	struct stat st_a, st_b;

	folder_of(a->target, folder_a);
	folder_of(b->target, folder_b);
	return !strcmp(slash_a ? slash_a + 1 : a->target,
		       slash_b ? slash_b + 1 : b->target) &&
	       stat(folder_a, &st_a) == 0 && stat(folder_b, &st_b) == 0 &&
	       is_same_file(&st_a, &st_b);
}

int output_write(struct output *output, const void *bytes, size_t length)
{
	const char *at = bytes;
	ssize_t n;

	while (length > 0) {
		n = write(output->fd, at, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pack_fail("%s cannot be written: %s",
					 output->target ? output->target
							: "standard output",
					 strerror(errno));
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

static int link_nameless(const struct output *output, const char *path)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", output->fd);
	return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

/* Give the nameless file a hidden name, so that it can be renamed over
 * another: linkat(2) does not replace. Signals are held. */
static int give_hidden_name(struct output *output)
{
	for (int i = 0; i < 100; i++) {
		output->temporary = temporary_name(output->target);
		/* mktemp is what is wanted: linkat(2) refuses a taken name. */
		if (!output->temporary)
			return -1;
		snprintf(output->temporary + strlen(output->temporary) - 6, 7,
			 "%06x", (unsigned int)(getpid() * 100 + i) & 0xffffff);
		if (link_nameless(output, output->temporary) == 0) {
			remember(NULL, output->temporary);
			return 0;
		}
		free(output->temporary);
		output->temporary = NULL;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static int give_name(struct output *output)
{
	struct stat st;

	if (!output->temporary && !output->force)
		return link_nameless(output, output->target);
	if (!output->temporary && give_hidden_name(output) < 0)
		return -1;
	if (output->force)
		return rename(output->temporary, output->target);
	if (renameat2(AT_FDCWD, output->temporary, AT_FDCWD, output->target,
		      RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (lstat(output->target, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(output->temporary, output->target);
}

/* The folder's entry must be on the disk too. */
static void sync_folder(const char *target)
{
	char folder[PATH_MAX];
	int fd;

	folder_of(target, folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

int output_commit(struct output *output)
{
	int code = 0;

	if (!output->target)
		return 0;
	if (fsync(output->fd) < 0)
		return pack_fail("%s cannot be written: %s", output->target,
				 strerror(errno));
	output_hold_signals(true);
	if (give_name(output) < 0) {
		code = errno == EEXIST
			       ? pack_fail("%s exists; --force overwrites it",
					   output->target)
			       : pack_fail("%s cannot be made: %s",
					   output->target, strerror(errno));
	} else {
		remember(output->temporary, NULL);
		free(output->temporary);
		output->temporary = NULL;
	}
	output_hold_signals(false);
	if (code == 0)
		sync_folder(output->target);
	return code;
}

void output_abandon(struct output *output)
{
	if (output->temporary) {
		output_hold_signals(true);
		unlink(output->temporary);
		remember(output->temporary, NULL);
		output_hold_signals(false);
		free(output->temporary);
		output->temporary = NULL;
	}
	if (output->target && output->fd >= 0)
		close(output->fd);
	output->fd = -1;
	free(output->target);
	output->target = NULL;
}
