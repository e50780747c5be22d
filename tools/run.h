/* SPDX-License-Identifier: MIT */
/*
 * run.h - the parts of uffdlazy-run
 *
 * run.c sets the environment and becomes the program; run_options.c reads the
 * command line; run_program.c finds the program's file and tells whether
 * LD_PRELOAD can reach it.
 */
#ifndef UL_RUN_H
#define UL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UL_RUN_NAME "uffdlazy-run"

/* Exit statuses of uffdlazy-run itself; all others are the program's. The last
 * two are what a shell gives. */
enum ul_run_status {
	UL_RUN_FAILED = 1,
	UL_RUN_USAGE = 2,
	UL_RUN_NOT_EXECUTABLE = 126,
	UL_RUN_NOT_FOUND = 127,
};

/* What the command line asks for. */
struct ul_run_request {
	const char *policy;		/* -p, or NULL */
	bool zero;
	bool has_min_size;
	uint64_t min_size;		/* bytes */
	bool summary;
	const char *stats;
	const char *record;
	const char *replay;
	char **program;			/* its argv */
};

/* A mistake, or a question such as --help, ends the process. */
void ul_run_parse(int argc, char **argv, struct ul_run_request *request);

/* "uffdlazy-run: message" on standard error. */
void ul_run_complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * Find name as execvp(3) does: itself when it has a slash, else along PATH.
 * Returns true with the file's path in path; false where there is none, or
 * where the path does not fit. A file that may not be executed is found only
 * when no other is.
 */
bool ul_run_find(const char *name, char *path, size_t path_size);

/* Does the file begin as an ELF program does? Then it is never a script. */
bool ul_run_is_elf(const char *path);

/*
 * Why the dynamic linker will not load us into the program at path (or into
 * the interpreter of the script that it is): a phrase that goes on after the
 * program's name, or NULL when nothing speaks against it. What cannot be read
 * is not judged. *interpreter tells whom it is about: "" for the file itself.
 */
const char *ul_run_obstacle(const char *path, char *interpreter,
			    size_t interpreter_size);
/* The one with which a preload does harm: other loaders do without a library
 * that they cannot load, musl's does not start the program. */
extern const char ul_run_musl[];

#endif
