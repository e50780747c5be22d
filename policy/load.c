/* SPDX-License-Identifier: MIT */
/*
 * load.c - find the policy, read it
 *
 * Whoever writes the policy chooses the bytes that programs find in their
 * memory. So a file that every user may write is refused wherever it lies,
 * and one that was merely found, not named, must belong to this user or to
 * root. A policy that was named may be another's: whoever names it trusts
 * him, as with a script that one runs.
 *
 * The file is opened without blocking and looked at before it is read, so
 * that a FIFO or a device in its place neither hangs the program nor is
 * disturbed more than by its opening.
 */
#include "config.h"

#include "policy/most.h"
#include "policy/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_POLICY "/etc/uffdlazy/policy.json"
#define USER_POLICY "uffdlazy/policy.json"

struct load {
	const char *path;		/* absolute where that can be told */
	bool named;			/* by the user, not found by us */
	char *message;
	size_t message_size;
};

static int check_file(const struct load *load, const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return ul_complain_plain(load->message, load->message_size,
			-EPERM, "%s: is not a regular file; a policy is a "
			"file, or JSON that begins with '{'", load->path);
	if (status->st_size > (off_t)UL_POLICY_MOST)
		return ul_complain_plain(load->message, load->message_size,
			-EFBIG, "%s: has %lld bytes; a policy has %zu at the "
			"most", load->path, (long long)status->st_size,
			UL_POLICY_MOST);
	if (status->st_mode & S_IWOTH)
		return ul_complain_plain(load->message, load->message_size,
			-EPERM, "%s: every user may write it, and so choose "
			"what programs find in their memory; chmod o-w '%s'",
			load->path, load->path);
	if (!load->named && status->st_uid && status->st_uid != geteuid())
		return ul_complain_plain(load->message, load->message_size,
			-EPERM, "%s: belongs to user %u, neither to you nor "
			"to root; chown it, or name it in UFFDLAZY_POLICY if "
			"you trust its owner", load->path, status->st_uid);
	return 0;
}

/* Read all there is, up to one byte more than may be. Returns bytes or
 * -errno. */
static ssize_t read_all(int fd, char *text)
{
	size_t length = 0;
	ssize_t n;

	while (length <= UL_POLICY_MOST) {
		n = read(fd, text + length, UL_POLICY_MOST + 1 - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		length += n;
	}
	return length;
}

static int read_file(const struct load *load, int fd, char **text,
		     size_t *length)
{
	struct stat status;
	ssize_t got;
	int error;

	if (fstat(fd, &status))
		return ul_complain_plain(load->message, load->message_size,
			-errno, "%s: cannot be looked at: %s", load->path,
			strerrordesc_np(errno));
	error = check_file(load, &status);
	if (error)
		return error;
	/* Not malloc's: a large block, freed, would raise the size from which
	 * libc maps the program's blocks. */
	*text = mmap(NULL, UL_POLICY_MOST + 1, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*text == MAP_FAILED)
		return ul_complain_plain(load->message, load->message_size,
			-ENOMEM, "%s: not enough memory to read it",
			load->path);
	got = read_all(fd, *text);
	if (got < 0)
		return ul_complain_plain(load->message, load->message_size,
			got, "%s: cannot be read: %s", load->path,
			strerrordesc_np(-got));
	if ((size_t)got > UL_POLICY_MOST)
		return ul_complain_plain(load->message, load->message_size,
			-EFBIG, "%s: grew while it was read; a policy has "
			"%zu bytes at the most", load->path, UL_POLICY_MOST);
	*length = got;
	return 0;
}

/* "/a/b" -> "/a"; the path is absolute. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return ul_expand_copy(path, slash > path ? slash - path : 1);
}

static int load_file(const struct load *load, struct ul_policy **policy)
{
	char *text = MAP_FAILED, *folder = NULL;
	size_t length = 0;
	int fd, error;

	fd = open(load->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return ul_complain_plain(load->message, load->message_size,
			-errno, "%s: cannot be opened: %s", load->path,
			strerrordesc_np(errno));
	error = read_file(load, fd, &text, &length);
	close(fd);
	if (!error) {
		if (*load->path == '/')
			folder = folder_of(load->path);
		error = ul_policy_parse(text, length, load->path, folder,
					policy, load->message,
					load->message_size);
	}
	free(folder);
	if (text != MAP_FAILED)
		munmap(text, UL_POLICY_MOST + 1);
	return error;
}

bool ul_policy_is_inline(const char *spec)
{
	return spec[strspn(spec, " \t\r\n")] == '{';
}

/* A relative name is made absolute, for the policy's folder is wanted. Where
 * the current folder is gone, such a name cannot be opened either. */
static int load_named(const char *spec, struct ul_policy **policy,
		      char *message, size_t message_size)
{
	char current[PATH_MAX];
	bool known = getcwd(current, sizeof(current)) && *current == '/';
	struct load load = { spec, true, message, message_size };
	char *absolute = NULL;
	int error;

	if (ul_policy_is_inline(spec)) {
		error = strlen(spec) > UL_POLICY_MOST ? -EFBIG : 0;
		if (error)
			return ul_complain_plain(message, message_size, error,
				"inline: has more than %zu bytes", UL_POLICY_MOST);
		return ul_policy_parse(spec, strlen(spec), "inline",
				       known ? current : NULL, policy,
				       message, message_size);
	}
	if (*spec != '/' && known) {
		absolute = ul_expand_absolute(current, spec);
		if (!absolute)
			return ul_complain_plain(message, message_size,
				-ENOMEM, "%s: not enough memory", spec);
		load.path = absolute;
	}
	error = load_file(&load, policy);
	free(absolute);
	return error;
}

/* The user's own, by the XDG base directories: a relative one is ignored, as
 * that specification says. NULL: there is none, or no memory. */
static char *user_policy(void)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");
	char *path, *folder;

	if (config && *config == '/')
		return ul_expand_absolute(config, USER_POLICY);
	if (!home || *home != '/')
		return NULL;
	folder = ul_expand_absolute(home, ".config");
	path = folder ? ul_expand_absolute(folder, USER_POLICY) : NULL;
	free(folder);
	return path;
}

static bool is_missing(int error)
{
	return error == -ENOENT || error == -ENOTDIR;
}

static int load_found(struct ul_policy **policy, char *message,
		      size_t message_size)
{
	struct load load = { NULL, false, message, message_size };
	char *user = user_policy();
	int error = -ENOENT;

	if (user) {
		load.path = user;
		error = load_file(&load, policy);
		free(user);
	}
	/* Where HOME is another's, as after a change of user, nothing in it
	 * can be opened; the XDG specification too says to go on then. What
	 * the system's administrator hides is another matter. */
	if (is_missing(error) || error == -EACCES) {
		load.path = SYSTEM_POLICY;
		error = load_file(&load, policy);
	}
	if (!is_missing(error))
		return error;
	*policy = ul_policy_builtin();
	if (!*policy)
		return ul_complain_plain(message, message_size, -ENOMEM,
					 "built-in: not enough memory");
	if (message_size)
		*message = '\0';
	return 0;
}

int ul_policy_load(const char *spec, struct ul_policy **policy,
		   char *message, size_t message_size)
{
	int saved = errno, error;

	*policy = NULL;
	if (message_size)
		*message = '\0';
	if (spec && *spec)
		error = load_named(spec, policy, message, message_size);
	else
		error = load_found(policy, message, message_size);
	errno = saved;
	return error;
}
