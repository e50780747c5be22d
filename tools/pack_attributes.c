/* SPDX-License-Identifier: MIT */
/* pack_attributes.c - owner, mode and the like of a file in the making */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tools/pack.h"

static bool has_no_list(ssize_t n)
{
	return n < 0 && (errno == ENODATA || errno == EOPNOTSUPP);
}

/* Who may read by name, beyond the mode: none where the input has no such list,
 * whatever the folder gives to its new files. Returns false if that cannot be had. */
static bool copy_access_list(int from, int to)
{
	static const char name[] = "system.posix_acl_access";
	char list[4096];
	ssize_t n = fgetxattr(from, name, list, sizeof(list));

	if (has_no_list(n)) {
		n = fremovexattr(to, name);
		return n == 0 || has_no_list(n);
	}
	return n >= 0 && fsetxattr(to, name, list, (size_t)n, 0) == 0;
}

/* What the user, or a desktop, has noted about the file. What belongs to its
 * contents (capabilities, signatures) is not carried to others. */
static void copy_user_attributes(const struct output *output, int from)
{
	char names[4096], *value = malloc(XATTR_SIZE_MAX);
	ssize_t length = flistxattr(from, names, sizeof(names)), n;
	const char *name;

	if (length < 0 && errno == ERANGE)
		pack_say("note: %s: too many extended attributes to keep",
			 output->target);
	for (name = names; value && name - names < length;
	     name += strlen(name) + 1) {
		if (strncmp(name, "user.", 5) != 0)
			continue;
		n = fgetxattr(from, name, value, XATTR_SIZE_MAX);
		if (n < 0 ||
		    fsetxattr(output->fd, name, value, (size_t)n, 0) < 0)
			pack_say("note: %s: the extended attribute %s could "
				 "not be kept: %s", output->target, name,
				 strerror(errno));
	}
	free(value);
}

int output_copy_attributes(struct output *output, int fd)
{
	struct timespec times[2];
	struct stat st;
	mode_t mode;

	if (!output->target)
		return 0;
	if (fstat(fd, &st) < 0)
		return pack_fail("cannot examine the input: %s",
				 strerror(errno));
	copy_user_attributes(output, fd);	/* while we may write */
	mode = st.st_mode & 0777;
	if (fchown(output->fd, st.st_uid, (gid_t)-1) < 0 &&
	    st.st_uid != geteuid())
		mode &= ~(mode_t)0022;
	/* The group is another: it gets what everyone gets, at the most. */
	if (fchown(output->fd, (uid_t)-1, st.st_gid) < 0)
		mode &= (mode_t)(0707 | ((mode & 07) << 3));
	if (fchmod(output->fd, mode) < 0)
		return pack_fail("%s: its mode cannot be set: %s",
				 output->target, strerror(errno));
	/* With a list, the mode's group bits are its mask. */
	if (!copy_access_list(fd, output->fd) &&
	    fchmod(output->fd, mode & 0700) < 0)
		return pack_fail("%s: its mode cannot be set: %s",
				 output->target, strerror(errno));
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	futimens(output->fd, times);
	return 0;
}

int output_default_attributes(struct output *output)
{
	mode_t mask;

	if (!output->target)
		return 0;
	mask = umask(0);
	umask(mask);
	if (fchmod(output->fd, 0666 & ~mask) == 0)
		return 0;
	return pack_fail("%s: its mode cannot be set: %s", output->target,
			 strerror(errno));
}
