/* SPDX-License-Identifier: MIT */
/*
 * stat.h - the parts of uffdlazy-stat
 *
 *     stat.c          looks and views, once or again and again
 *     stat_options.c  the command line
 *     stat_find.c     the folders where processes publish, and what lies there
 *     stat_read.c     a file, distrusted, into a struct ul_stat_snapshot
 *     stat_alive.c    whether its process is still there
 *     stat_direct.c   what is resident of what the kernel fills
 *     stat_since.c    what has happened between two looks
 *     stat_sort.c     the table's order
 *     stat_screen.c   a live screen
 *     stat_fit.c      lines that fit the terminal
 *     stat_text.c     sizes, times, quantiles in words
 *     stat_source.c   file and line of a call, from debug information
 *     stat_table.c    a line for each process
 *     stat_detail.c   all about one process
 *     stat_callers.c  its call sites as a tree
 *     stat_heatmap.c  which parts of its regions are resident
 *     stat_json.c     table or process for programs
 *     stat_metrics.c  the table for monitoring systems
 *     stat_picture.h  pictures of a record
 *     stat_fill.c     have a process fill what is missing
 *
 * What a view shows comes from a snapshot alone; a snapshot is checked once,
 * when it is read, and can be trusted from then on: counts fit the arrays,
 * strings end and hold no control characters.
 */
#ifndef UL_STAT_H
#define UL_STAT_H

#include "preload/engine/stat_abi.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <termios.h>

#define UL_STAT_NAME "uffdlazy-stat"

/* Exit statuses. */
enum { UL_STAT_FAILED = 1, UL_STAT_USAGE = 2 };

/* What the command line asks for. */
struct ul_stat_request {
	bool all;			/* exited processes, too */
	bool all_users;
	bool callers;
	bool fill;
	bool force;			/* overwrite */
	bool heatmap;
	bool json;
	bool no_header;
	bool openmetrics;
	const char *sort;		/* a column, or NULL */
	const char *svg, *html;		/* a picture to write, or NULL */
	const char *trace;		/* the record that it is of */
	const char *file;		/* to read instead of a process's */
	pid_t pid;			/* 0: a table of all */
	uint64_t region;		/* an ID; 0: all */
	uint64_t watch_ns;		/* 0: once */
	uint64_t delta_ns;		/* 0: from the beginning */
};

/* Ends the program with status 2 and a hint when it makes no sense. */
void ul_stat_parse(int argc, char **argv, struct ul_stat_request *request);
void ul_stat_complain(const char *text);

/* In a region's direct, beside 0 and 1: it was asked what is resident. */
#define UL_STAT_MEASURED 2

struct ul_stat_snapshot {
	struct ul_stat_header header;
	struct ul_stat_region *regions;		/* only those that live */
	struct ul_stat_heat *heat;		/* of each of them */
	size_t n_regions;
	struct ul_stat_rule *rules;
	size_t n_rules;
	struct ul_stat_callsite *callsites;
	size_t n_callsites;
	struct ul_stat_thread *threads;
	size_t n_threads;
	bool running;
	pid_t number;			/* what it is here; 0: not running */
	uid_t owner;			/* the file's */
	char path[PATH_MAX];		/* the file; "": not looked for */
	uint64_t taken_ns;		/* CLOCK_MONOTONIC, when it was read */
	/* ul_stat_since: how many faults, in what time */
	uint64_t interval_ns;
	uint64_t interval_faults;
};

/* What one look has found. */
struct ul_stat_set {
	struct ul_stat_snapshot *snapshots;
	size_t n;
};
void ul_stat_set_release(struct ul_stat_set *set);

/* Room for a message of one line. */
struct ul_stat_error {
	char text[512];
};

#define UL_STAT_ANY_OWNER ((uid_t)-1)

/*
 * Read the file name, in the open folder (or AT_FDCWD), that must be a regular
 * file of owner. Never blocks on the process it speaks of. Returns 0 or -errno
 * with the error's text: -EPERM not a file of owner's, -EPROTO another major
 * version, -EBADMSG not to be believed.
 */
int ul_stat_read(int folder, const char *name, uid_t owner,
		 struct ul_stat_snapshot *snapshot,
		 struct ul_stat_error *error);
void ul_stat_release(struct ul_stat_snapshot *snapshot);
/* Part of ul_stat_read: resident_bytes of direct regions, where the process
 * runs and may be asked. */
void ul_stat_measure_direct(struct ul_stat_snapshot *snapshot);
/* Open such a file for more than that. Returns a descriptor, or -errno. */
int ul_stat_open(int folder, const char *name, uid_t owner, int flags,
		 struct stat *st, struct ul_stat_error *error);
/* The number that the process which wrote this has here; 0: it has ended, or is
 * another program now, or cannot be seen from here. Looks through /proc where it
 * is of another pid namespace. */
pid_t ul_stat_number(const struct ul_stat_header *header);
/* Has that process this number now? */
bool ul_stat_is_it(const struct ul_stat_header *header, pid_t number);
/* Is it of another pid namespace? */
bool ul_stat_is_elsewhere(const struct ul_stat_header *header);

/*
 * Read what the processes of uid publish (every user's where all is true, for
 * root), in the order of their pids. What cannot be read is told to complain,
 * one line each, and left out. Returns 0 or -errno (no memory).
 */
int ul_stat_find_all(uid_t uid, bool all, struct ul_stat_snapshot **snapshots,
		     size_t *n_snapshots, void (*complain)(const char *text));

/* The same for one process. -ENOENT where it publishes nothing. */
int ul_stat_find(uid_t uid, bool all, pid_t pid,
		 struct ul_stat_snapshot *snapshot,
		 struct ul_stat_error *error);

/*
 * A copy of set for a view: with the faults since the look before, or since
 * the process began where there was none; with difference, all that counts is
 * only what was added since. Returns 0 or -ENOMEM.
 */
int ul_stat_since(const struct ul_stat_set *set,
		  const struct ul_stat_set *before, bool difference,
		  struct ul_stat_set *view);

/* The table's columns, for --sort. */
#define UL_STAT_COLUMNS \
	"pid, state, regions, lazy, resident, filled, faults, median, p99, " \
	"stalled, faults/s, command"
/* The column of that name, or of that name behind a '-'; -1: none. */
int ul_stat_sort_find(const char *name);
/* Sort by a name that was found; NULL: leave the order. */
void ul_stat_sort(struct ul_stat_set *set, const char *name);
/* Faults in a second. */
double ul_stat_rate(const struct ul_stat_snapshot *snapshot);

/* A view again and again: begin, write, show, wait. */
struct ul_stat_screen {
	bool terminal;			/* else: one view after the other */
	bool keys;			/* standard input is one, too */
	unsigned int shown;
	FILE *stream;
	char *text;			/* what is shown */
	size_t length;
	sigset_t mask;			/* as it was */
	struct termios cooked;		/* as it was */
};
enum ul_stat_wish {
	UL_STAT_AGAIN,			/* the time is over */
	UL_STAT_REDRAW,			/* the same view for another size */
	UL_STAT_END,			/* the user, or a pipe's end */
};
void ul_stat_screen_open(struct ul_stat_screen *screen, bool live);
FILE *ul_stat_screen_begin(struct ul_stat_screen *screen);
void ul_stat_screen_show(struct ul_stat_screen *screen);
enum ul_stat_wish ul_stat_screen_wait(struct ul_stat_screen *screen,
				      uint64_t until);
/* May be called twice. With leave_text the last view stays behind. */
void ul_stat_screen_close(struct ul_stat_screen *screen, bool leave_text);
/* ul_stat_complain, once the screen is the user's again. */
void ul_stat_screen_complain(const char *text);

/* How many columns the terminal on standard output has; 0: it is none, and
 * lines may be of any length. */
int ul_stat_columns(void);
/* Write a line, without its end, cut to so many columns (0: not at all). */
void ul_stat_cut(const char *line, size_t length, int columns, FILE *out);
/* The same for a whole line, as printf. */
void ul_stat_line(FILE *out, int columns, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Write a picture of a record. Says on standard error what is wrong. Returns
 * 0 or -errno. */
int ul_stat_draw(const struct ul_stat_request *request);

/* Have the process fill one region, or all (0), and wait for it. Says on
 * standard error what is wrong. Returns 0 or -errno. */
int ul_stat_fill(const struct ul_stat_snapshot *process, uint64_t region);

/* Views. Those that return something return 0 or -ENOMEM. What is for people
 * fits so many columns (0: as many as it takes). */
void ul_stat_show_table(const struct ul_stat_snapshot *snapshots, size_t n,
			bool header, int columns, FILE *out);
void ul_stat_show_detail(const struct ul_stat_snapshot *snapshot, int columns,
			 FILE *out);
int ul_stat_show_callers(const struct ul_stat_snapshot *snapshot, int columns,
			 FILE *out);
void ul_stat_show_heatmap(const struct ul_stat_snapshot *snapshot, int columns,
			  FILE *out);
int ul_stat_show_json(const struct ul_stat_snapshot *snapshots, size_t n,
		      FILE *out);
int ul_stat_show_json_detail(const struct ul_stat_snapshot *snapshot,
			     FILE *out);
void ul_stat_show_metrics(const struct ul_stat_snapshot *snapshots, size_t n,
			  FILE *out);

/* Words. Every function writes into a buffer of its caller's and returns it. */
struct ul_stat_text {
	char text[128];
};
const char *ul_stat_size(uint64_t bytes, struct ul_stat_text *text);
const char *ul_stat_time(uint64_t ns, struct ul_stat_text *text);
/* The innermost known frame of a call site: "build_index+0x1c (libidx.so)". */
const char *ul_stat_site(const struct ul_stat_snapshot *snapshot,
			 uint32_t callsite, struct ul_stat_text *text);
const char *ul_stat_frame(const struct ul_stat_frame *frame,
			  struct ul_stat_text *text);
/* " file.c:12", or "" where it cannot be told. */
const char *ul_stat_source(const struct ul_stat_snapshot *snapshot,
			   const struct ul_stat_frame *frame,
			   struct ul_stat_text *text);
void ul_stat_source_end(void);
/* End a string where its field ends, and take from it what could steer a
 * terminal. */
void ul_stat_tame(char *text, size_t size);
const char *ul_stat_rule_name(const struct ul_stat_snapshot *snapshot,
			      uint32_t rule);
const char *ul_stat_call_name(uint32_t call);
const char *ul_stat_rung_name(uint32_t rung);

/* "37%", or "direct" where nobody can say what of it is resident. */
const char *ul_stat_resident(const struct ul_stat_region *region,
			     struct ul_stat_text *text);
/* part of whole, in percent, from 0 to 100. */
unsigned int ul_stat_percent(uint64_t part, uint64_t whole);
/* How many pages of a region of so many are in a cell. */
uint64_t ul_stat_cell_pages(unsigned int cell, uint64_t pages);
/* CLOCK_MONOTONIC. */
uint64_t ul_stat_now(void);
/* How long it has run, or ran, in ns. */
uint64_t ul_stat_age(const struct ul_stat_snapshot *snapshot);

#endif
