/* SPDX-License-Identifier: MIT */
/*
 * pack.h - the parts of uffdlazy-pack
 *
 *	pack.c		the command line
 *	pack_write.c	a file into a blob: read, pack on all cores, write
 *	pack_read.c	a blob's frames, on all cores: verified, or into a file
 *	pack_list.c	what a blob is made of
 *	pack_stub.c	stubs, and a file replaced by one
 *	pack_input.c	the file that is packed, and whether it may be replaced
 *	pack_output.c	files that appear whole or not at all
 *	pack_attributes.c	their owner, mode and the like
 *	pack_util.c	messages, the progress bar
 *
 * Functions that can fail return 0, or -1 after they have said why.
 */
#ifndef UL_PACK_H
#define UL_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "preload/store/seekable.h"

struct pack_options {
	const char *input;  /* a path, or "-" */
	const char *output; /* a path, or "-" */
	const char *stub;   /* where a stub is to be made, or NULL */
	enum ul_codec codec;
	int level;
	size_t frame; /* bytes, unpacked */
	unsigned int threads;
	bool replace;
	bool force;
	bool quiet;
	bool verbose;
};

/* ---- pack_util.c ---- */

/* Names may hold anything: controls are shown as \xHH, here and in all that is
 * said. */
void pack_put(const char *text, FILE *file);
/* "uffdlazy-pack: message" on standard error. */
__attribute__((format(printf, 1, 2))) void pack_say(const char *format, ...);
__attribute__((format(printf, 1, 2))) int pack_fail(const char *format, ...);

bool pack_is_dash(const char *path);

/* The bar: drawn on standard error if that is a terminal, else not at all.
 * One thread at a time; total 0: not known. */
struct progress {
	bool shown;
	const char *what;
	uint64_t total;
	uint64_t drawn_ns;
	uint64_t start_ns;
};

void progress_start(struct progress *progress, const char *what, uint64_t total,
		    bool quiet);
void progress_at(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);
double progress_seconds(const struct progress *progress);

/* "1.5 MiB", in one of a few static buffers. */
const char *pack_human(uint64_t bytes);

/* ---- pack_input.c ---- */

/* What is packed. */
struct input {
	int fd;		  /* -1: not open */
	const char *name; /* for messages */
	struct stat st;	  /* when it was opened */
	bool regular;
};

int input_open(struct input *input, const struct pack_options *options);
/* Is it still what it was when it was opened? */
int input_check_unchanged(const struct input *input);
/* The last look before the rename: by the name this time. */
int input_check_in_place(const struct input *input);
void input_close(struct input *input);

/* ---- pack_output.c ---- */

/* A file in the making. It gets its name only when it is whole; until then
 * no end of this program, by signal or by power cut, leaves a part of it. */
struct output {
	int fd;
	char *target;	 /* NULL: standard output */
	char *temporary; /* NULL: it has no name yet */
	bool force;	 /* replace what is at target */
};

/* Never over the input, whatever name it has. */
int output_open(struct output *output, const char *target, bool force,
		const struct stat *input);
/* Do they go to one name? Context: both are open, and not standard output. */
bool output_is_same(const struct output *a, const struct output *b);
int output_write(struct output *output, const void *bytes, size_t length);
int output_commit(struct output *output);
void output_abandon(struct output *output);

/* Remove temporary files when a signal ends us. */
void output_catch_signals(void);
/* Between two steps that only make sense together. */
void output_hold_signals(bool hold);

/* ---- pack_attributes.c ---- */

/* Owner, mode, access list and times of the file behind fd; where they cannot
 * be had, less is allowed, never more. */
int output_copy_attributes(struct output *output, int fd);
/* The permissions of a new file, for input that has none. */
int output_default_attributes(struct output *output);

/* ---- pack_write.c ---- */

/* What was packed. */
struct pack_result {
	uint64_t read;	  /* bytes */
	uint64_t written; /* bytes */
	uint32_t n_frames;
	double seconds;
};

int pack_write(const struct pack_options *options, int in, const char *name,
	       uint64_t total, struct output *output,
	       struct pack_result *result);

/* ---- pack_read.c ---- */

/* A blob that is open. */
struct blob_file {
	int fd;
	const char *name;
	struct ul_table table;
};

int blob_file_open(struct blob_file *blob, const char *path);
int blob_file_from(struct blob_file *blob, int fd, const char *name);
void blob_file_close(struct blob_file *blob);

/* Where the frames go; both -1: they are only verified. */
struct blob_sink {
	int compare;	  /* a file that must have the same bytes, or -1 */
	int out;	  /* a file to be written, or -1 */
	bool in_order;	  /* out is a pipe */
	const char *name; /* of either, for messages */
};

int blob_file_read(const struct pack_options *options,
		   const struct blob_file *blob, const struct blob_sink *sink,
		   const char *what);

int pack_verify(const struct pack_options *options);
int pack_unpack(const struct pack_options *options);

/* ---- pack_list.c ---- */
int pack_list(const struct pack_options *options);

/* ---- pack_stub.c ---- */

/* Pack options->input into options->output, and make what stub is asked. */
int pack_file(const struct pack_options *options);

/* May this file be overwritten unasked, because it is a stub of this blob? */
bool pack_is_stub_of(const char *path, const struct blob_file *blob);

#endif
