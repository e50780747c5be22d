/* SPDX-License-Identifier: MIT */
/*
 * pack_stub.c - pack a file, and put a stub in its place
 *
 * --replace takes a file away from those who do not preload anything, so it
 * is careful, in this order: the blob is written without a name; it is read
 * back from the disk and compared with the original, byte for byte; the stub
 * is written without a name; the original is seen not to have changed; the
 * blob gets its name; one rename(2) puts the stub in the file's place. Up to
 * that last step the file is as it was.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/store/stub.h"
#include "preload/store/text.h"
#include "tools/pack.h"

struct job {
	const struct pack_options *options;
	struct input in;
	struct output blob;
	struct output stub;
	struct pack_result result;
};

/* The folder of a path, real, and its last component. */
static int split(const char *path, char folder[PATH_MAX], const char **name)
{
	const char *slash = strrchr(path, '/');
	char part[PATH_MAX];

	*name = slash ? slash + 1 : path;
	if (snprintf(part, sizeof(part), "%.*s",
		     slash ? (int)(slash - path) + 1 : 1,
		     slash ? path : ".") >= (int)sizeof(part) ||
	    !realpath(part, folder))
		return pack_fail("%s: its folder cannot be found: %s", path,
				 strerror(errno));
	return 0;
}

/* The blob's path as the stub states it: below the stub's folder, or
 * absolute, and then only a policy makes it count. */
static int relate(const char *stub, const char *blob, char path[PATH_MAX],
		  const char **name)
{
	char stub_folder[PATH_MAX], blob_folder[PATH_MAX];
	const char *blob_name, *rest;
	size_t n;

	if (split(stub, stub_folder, name) < 0 ||
	    split(blob, blob_folder, &blob_name) < 0)
		return -1;
	n = strcmp(stub_folder, "/") == 0 ? 0 : strlen(stub_folder);
	rest = blob_folder + n;
	if (strncmp(blob_folder, stub_folder, n) == 0 &&
	    (*rest == '\0' || *rest == '/')) {
		rest += *rest == '/';
		n = (size_t)snprintf(path, PATH_MAX, "%s%s%s", rest,
				     *rest ? "/" : "", blob_name);
	} else {
		n = (size_t)snprintf(path, PATH_MAX, "%s/%s", blob_folder,
				     blob_name);
		pack_say("note: %s lies outside the stub's folder; it is used "
			 "only under a policy whose \"stubs\" lists %s",
			 blob, blob_folder);
	}
	return n < PATH_MAX ? 0 : pack_fail("%s: name too long", blob);
}

/* Write the stub's file, without a name as yet. */
static int write_stub(struct job *job, const struct ul_table *table,
		      const char *target)
{
	struct ul_stub stub = {.size = table->length,
			       .blob_size = table->file_size,
			       .table_checksum = table->checksum};
	char header[UL_STUB_HEADER];
	const struct stat none = {0};
	const char *name;
	struct stat st;

	if (table->length < UL_STUB_HEADER)
		return pack_fail("%s has %ju bytes; a stub's text alone needs "
				 "%zu",
				 job->in.name, (uintmax_t)table->length,
				 UL_STUB_HEADER);
	if (output_open(&job->stub, target,
			job->options->force || job->options->replace,
			job->options->replace ? &none : &job->in.st) < 0)
		return -1;
	/* The names they really get: who serves a stub follows no link. */
	if (relate(job->stub.target, job->blob.target, stub.blob, &name) < 0)
		return -1;
	if (ul_stub_format(&stub, name, header) < 0)
		return pack_fail("%s: the names are too long for a stub",
				 target);
	if (output_is_same(&job->stub, &job->blob))
		return pack_fail("%s cannot be both the blob and its stub",
				 target);
	if (output_write(&job->stub, header, sizeof(header)) < 0)
		return -1;
	if (ftruncate(job->stub.fd, (off_t)table->length) < 0)
		return pack_fail("%s cannot be written: %s", target,
				 strerror(errno));
	if (!job->in.regular)
		return output_default_attributes(&job->stub);
	if (output_copy_attributes(&job->stub, job->in.fd) < 0)
		return -1;
	if (job->options->replace &&
	    (fstat(job->stub.fd, &st) < 0 || st.st_uid != job->in.st.st_uid ||
	     st.st_gid != job->in.st.st_gid))
		return pack_fail("%s belongs to another user or group, which "
				 "its stub cannot; it was left alone",
				 job->in.name);
	return 0;
}

/* Read the blob back and compare it with the original. */
static int verify(const struct job *job, const struct blob_file *blob)
{
	struct blob_sink sink = {.compare =
					 job->options->replace ? job->in.fd : -1,
				 .out = -1,
				 .name = job->in.name};

	if (!job->options->replace)
		return 0;
	if (blob->table.length != (uint64_t)job->in.st.st_size)
		return pack_fail("%s changed while it was packed; it was left "
				 "alone",
				 job->in.name);
	/* What was written, from the disk: drop what the cache can drop. */
	fsync(blob->fd);
	posix_fadvise(blob->fd, 0, 0, POSIX_FADV_DONTNEED);
	return blob_file_read(job->options, blob, &sink, "verifying");
}

static int commit(struct job *job)
{
	char *blob = job->blob.target ? strdup(job->blob.target) : NULL;
	bool had_blob = blob && access(blob, F_OK) == 0;
	int code;

	/* The stub never without its blob, nor, if it can be helped, a new
	 * blob whose stub could not be placed. */
	output_hold_signals(true);
	code = output_commit(&job->blob);
	if (code == 0 && job->stub.target) {
		code = output_commit(&job->stub);
		if (code < 0 && blob && !had_blob)
			unlink(blob);
	}
	output_hold_signals(false);
	free(blob);
	return code;
}

static void report(const struct job *job)
{
	const struct pack_result *r = &job->result;
	char command[8 * PATH_MAX + 64];	/* \OOO for each byte */
	struct ul_text text;

	if (job->options->quiet)
		return;
	pack_say("%s: %s packed into %s (%.1f %%), %u frames, %.1f s",
		 job->blob.target ? job->options->output : job->in.name,
		 pack_human(r->read), pack_human(r->written),
		 r->read ? 100.0 * (double)r->written / (double)r->read : 100.0,
		 r->n_frames, r->seconds);
	if (!job->options->replace)
		return;
	ul_text_init(&text, command, sizeof(command));
	ul_stub_append_command(&text, job->blob.target, job->in.name);
	pack_say("%s is now a stub; to bring it back: %s", job->in.name, command);
}

/* What execve(2) and the loader read is the stub, whoever calls them. */
static void note_program(const struct job *job)
{
	char magic[4];

	if (!job->options->replace)
		return;
	if ((job->in.st.st_mode & 0111) ||
	    (pread(job->in.fd, magic, 4, 0) == 4 && !memcmp(magic, "\177ELF", 4)))
		pack_say("note: %s can be neither executed nor loaded as a "
			 "library while it is a stub",
			 job->in.name);
}

static int make_blob(struct job *job)
{
	int code;

	if (output_open(&job->blob, job->options->output, job->options->force,
			&job->in.st) < 0)
		return -1;
	if (!job->blob.target && isatty(STDOUT_FILENO) && !job->options->force)
		return pack_fail("standard output is a terminal; --force "
				 "writes a blob to it");
	code = pack_write(job->options, job->in.fd, job->in.name,
			  job->in.regular ? (uint64_t)job->in.st.st_size : 0,
			  &job->blob, &job->result);
	if (code < 0 || input_check_unchanged(&job->in) < 0)
		return -1;
	return job->in.regular ? output_copy_attributes(&job->blob, job->in.fd)
			    : output_default_attributes(&job->blob);
}

/* All of it up to the names. */
static int prepare(struct job *job)
{
	const char *target = job->options->replace ? job->options->input
						   : job->options->stub;
	struct blob_file blob = {0};
	int code;

	if (make_blob(job) < 0)
		return -1;
	if (!target)
		return 0;
	code = blob_file_from(&blob, job->blob.fd, job->options->output);
	if (code == 0)
		code = verify(job, &blob);
	if (code == 0)
		code = write_stub(job, &blob.table, target);
	if (code == 0 && job->options->replace)
		code = input_check_in_place(&job->in);
	ul_table_free(&blob.table);
	return code;
}

int pack_file(const struct pack_options *options)
{
	struct job job = {
		.options = options, .in.fd = -1, .blob.fd = -1, .stub.fd = -1};
	int code = input_open(&job.in, options);

	if (code == 0)
		code = prepare(&job);
	if (code == 0)
		code = commit(&job);
	if (code == 0) {
		report(&job);
		note_program(&job);
	}
	output_abandon(&job.blob);
	output_abandon(&job.stub);
	input_close(&job.in);
	return code;
}

bool pack_is_stub_of(const char *path, const struct blob_file *blob)
{
	struct ul_stub stub;
	int fd, code;

	if (pack_is_dash(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	code = ul_stub_probe(fd, &stub);
	close(fd);
	return code == 0 && stub.size == blob->table.length &&
	       stub.blob_size == blob->table.file_size &&
	       stub.table_checksum == blob->table.checksum;
}
