/* SPDX-License-Identifier: MIT */
/* pack_input.c - the file that is packed, and whether it may be replaced */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "preload/store/stub.h"
#include "tools/pack.h"

static int refuse_stub(const char *path, const struct ul_stub *stub)
{
	return pack_fail("%s is a stub: its bytes are already packed, in %s",
			 path, stub->blob);
}

/* Is another process writing this file? A lease tells; where there are none
 * (network file systems) the times have to do. */
static bool has_writer(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
		fcntl(fd, F_SETLEASE, F_UNLCK);
		return false;
	}
	return errno == EAGAIN;
}

static int check_replaceable(const struct input *input)
{
	struct stat st;

	if (!input->regular)
		return pack_fail("%s is not a regular file: --replace cannot "
				 "put a stub in its place",
				 input->name);
	if (lstat(input->name, &st) == 0 && S_ISLNK(st.st_mode))
		return pack_fail("%s is a symbolic link: name the file it leads"
				 " to",
				 input->name);
	if (input->st.st_nlink > 1)
		return pack_fail("%s has %ju names (hard links); the others "
				 "would keep the original",
				 input->name, (uintmax_t)input->st.st_nlink);
	if (has_writer(input->fd))
		return pack_fail("%s is open for writing in another program",
				 input->name);
	return 0;
}

/* A stub may name this blob, and blobs are not looked for behind stubs. */
static int refuse_blob(const struct input *input)
{
	struct ul_store_error error;
	struct ul_table table;

	if (ul_table_read(input->fd, input->name, &table, &error) < 0)
		return 0;
	ul_table_free(&table);
	return pack_fail("%s is a blob already; it was left alone, for a stub "
			 "in its place cannot serve the stub that names it",
			 input->name);
}

/* A FIFO is waited for until it has a writer: opened without that, it would
 * seem empty. But not to be refused then. */
static int open_by_name(struct input *input, bool replace)
{
	struct stat st;

	if (replace && stat(input->name, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode))
		return check_replaceable(input);
	input->fd = open(input->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return input->fd >= 0 ? 0 :
		pack_fail("%s cannot be opened: %s", input->name,
			  strerror(errno));
}

int input_open(struct input *input, const struct pack_options *options)
{
	bool is_dash = pack_is_dash(options->input);
	struct ul_stub stub = { .blob = "" };

	input->name = is_dash ? "standard input" : options->input;
	input->fd = STDIN_FILENO;
	if (!is_dash && open_by_name(input, options->replace) < 0)
		return -1;
	if (fstat(input->fd, &input->st) < 0)
		return pack_fail("%s: %s", input->name, strerror(errno));
	input->regular = S_ISREG(input->st.st_mode);
	if (S_ISDIR(input->st.st_mode))
		return pack_fail("%s is a directory; pack a tar of it",
				 input->name);
	if (ul_stub_probe(input->fd, &stub) != -ENODATA)
		return refuse_stub(input->name, &stub);
	if (options->replace &&
	    (check_replaceable(input) < 0 || refuse_blob(input) < 0))
		return -1;
	if ((options->stub || options->replace) && input->regular &&
	    input->st.st_size < (off_t)UL_STUB_HEADER)
		return pack_fail("%s has %ju bytes; a stub's text alone needs "
				 "%zu",
				 input->name, (uintmax_t)input->st.st_size,
				 UL_STUB_HEADER);
	return 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int input_check_unchanged(const struct input *input)
{
	struct stat now;

	if (!input->regular)
		return 0;
	if (fstat(input->fd, &now) < 0)
		return pack_fail("%s: %s", input->name, strerror(errno));
	if (now.st_size != input->st.st_size)
		return pack_fail("%s %s while it was read; nothing was "
				 "written",
				 input->name,
				 now.st_size > input->st.st_size ? "grew"
							       : "shrank");
	if (!same_time(&now.st_mtim, &input->st.st_mtim))
		return pack_fail("%s changed while it was read; nothing was "
				 "written",
				 input->name);
	return 0;
}

int input_check_in_place(const struct input *input)
{
	struct stat now;

	if (lstat(input->name, &now) < 0 || now.st_dev != input->st.st_dev ||
	    now.st_ino != input->st.st_ino)
		return pack_fail("%s was replaced while it was packed; it was "
				 "left alone",
				 input->name);
	if (now.st_nlink > 1 || has_writer(input->fd))
		return pack_fail("%s is in use by another program; it was left "
				 "alone",
				 input->name);
	return input_check_unchanged(input);
}

void input_close(struct input *input)
{
	if (input->fd > STDIN_FILENO)
		close(input->fd);
}
