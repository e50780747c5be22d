/* SPDX-License-Identifier: MIT */
/*
 * stat_callers.c - call sites as a tree
 *
 * A root is a place that asked for lazy memory; below it are the places that
 * called it. The innermost frames are those that a process keeps, so the tree
 * grows from there outwards. A caller that is the only one stands on a line of
 * its own without numbers, which are those of the line above; where there are
 * several, each has a branch, and its share.
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

/* Sites whose frames are the same up to a depth, and their sums. */
struct group {
	const struct ul_stat_callsite **sites;
	size_t n;
	uint64_t lazy, filled, never, faults, stall_ns, regions;
	bool at_least;			/* that much was never filled, or more */
};

struct tree {
	const struct ul_stat_snapshot *snapshot;
	FILE *out;
	int columns;
	bool narrow;			/* no room for FAULTS and REGIONS */
	const char *branch, *last, *through, *blank;
};

static int compare_frames(const struct ul_stat_frame *a,
			  const struct ul_stat_frame *b)
{
	int order = (a->pc > b->pc) - (a->pc < b->pc);

	if (order == 0)
		order = strcmp(a->function, b->function);
	return order ? order : strcmp(a->object, b->object);
}

/* Order by frames, the innermost first; a shorter stack comes first. */
static int by_frames(const void *left, const void *right)
{
	const struct ul_stat_callsite *a = *(void *const *)left;
	const struct ul_stat_callsite *b = *(void *const *)right;
	uint32_t f;

	for (f = 0; f < a->n_frames && f < b->n_frames; f++) {
		int order = compare_frames(&a->frames[f], &b->frames[f]);

		if (order)
			return order;
	}
	return (a->n_frames > b->n_frames) - (a->n_frames < b->n_frames);
}

static int by_lazy_bytes(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	return (a->lazy < b->lazy) - (a->lazy > b->lazy);
}

/* A fork's child has pages that its parent filled. What --fill asked for the
 * program has not. */
static uint64_t never_filled(const struct ul_stat_callsite *site)
{
	uint64_t requested = site->counters.requested_bytes;
	uint64_t filled = site->counters.filled_bytes;

	if (filled < site->counters.resident_bytes)
		filled = site->counters.resident_bytes;
	filled = filled > requested ? filled - requested : 0;
	return filled < site->lazy_bytes ? site->lazy_bytes - filled : 0;
}

static void add(struct group *group, const struct ul_stat_callsite *site)
{
	group->n++;
	group->lazy += site->lazy_bytes;
	group->filled += site->counters.filled_bytes;
	group->never += never_filled(site);
	group->at_least = group->at_least || site->counters.discarded_bytes;
	group->faults += site->counters.faults_read +
			 site->counters.faults_write;
	group->stall_ns += site->counters.stall_ns;
	group->regions += site->regions;
}

static bool same_at(const struct ul_stat_callsite *a,
		    const struct ul_stat_callsite *b, uint32_t depth)
{
	bool a_ends = a->n_frames <= depth, b_ends = b->n_frames <= depth;

	if (a_ends || b_ends)
		return a_ends && b_ends;
	return compare_frames(&a->frames[depth], &b->frames[depth]) == 0;
}

/* Cut sorted sites into groups by their frame at depth. */
static size_t cut(const struct ul_stat_callsite **sites, size_t n,
		  uint32_t depth, struct group **groups)
{
	size_t n_groups = 0, i;

	*groups = calloc(n + 1, sizeof(**groups));
	if (!*groups)
		return 0;
	for (i = 0; i < n; i++) {
		if (i == 0 || !same_at(sites[i - 1], sites[i], depth))
			(*groups)[n_groups++].sites = sites + i;
		add(&(*groups)[n_groups - 1], sites[i]);
	}
	qsort(*groups, n_groups, sizeof(**groups), by_lazy_bytes);
	return n_groups;
}

/* What was given back and filled again counts twice as filled. */
static const char *never(const struct group *group, struct ul_stat_text *text)
{
	unsigned int percent = ul_stat_percent(group->never, group->lazy);
	bool at_least = group->at_least && percent < 100;

	if (at_least && percent == 0)
		snprintf(text->text, sizeof(text->text), "-");
	else
		snprintf(text->text, sizeof(text->text), "%s%u%%",
			 at_least ? ">=" : "", percent);
	return text->text;
}

static const char *numbers(const struct tree *tree, const struct group *group,
			   struct ul_stat_text *text)
{
	struct ul_stat_text lazy, filled, stalled, rest;

	ul_stat_size(group->lazy, &lazy);
	ul_stat_size(group->filled, &filled);
	ul_stat_time(group->stall_ns, &stalled);
	if (tree->narrow)
		snprintf(text->text, sizeof(text->text),
			 "%8.10s %8.10s %5.5s %8.10s", lazy.text, filled.text,
			 never(group, &rest),
			 stalled.text);
	else
		snprintf(text->text, sizeof(text->text),
			 "%8.10s %8.10s %5.5s %10" PRIu64 " %8.10s %7" PRIu64,
			 lazy.text, filled.text, never(group, &rest),
			 group->faults, stalled.text, group->regions);
	return text->text;
}

static int numbers_width(const struct tree *tree)
{
	return tree->narrow ? 32 : 51;
}

/* numbers is empty for one who has no share of his own. */
static void show_frame(const struct tree *tree, const struct group *group,
		       uint32_t depth, const char *numbers, const char *indent)
{
	const struct ul_stat_callsite *site = group->sites[0];
	struct ul_stat_text frame, source;

	snprintf(frame.text, sizeof(frame.text), "%s",
		 depth ? "(not known)" : "-");
	source.text[0] = '\0';
	if (depth < site->n_frames) {
		ul_stat_frame(&site->frames[depth], &frame);
		ul_stat_source(tree->snapshot, &site->frames[depth], &source);
	}
	ul_stat_line(tree->out, tree->columns, "%*s %s%s%s",
		     numbers_width(tree), numbers, indent, frame.text,
		     source.text);
}

static int show_callers(const struct tree *tree, const struct group *group,
			uint32_t depth, const char *indent)
{
	struct group *groups;
	size_t n = cut(group->sites, group->n, depth, &groups);
	int result = groups ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < n && result == 0; i++) {
		const char *mark = i + 1 < n ? tree->branch : tree->last;
		const char *below = i + 1 < n ? tree->through : tree->blank;
		struct ul_stat_text text = { "" };
		char deeper[256];

		/* The only one: a straight line. The end of all: nothing. */
		if (n == 1) {
			mark = below = "";
			if (depth >= groups[0].sites[0]->n_frames)
				break;
		} else {
			numbers(tree, &groups[i], &text);
		}
		snprintf(deeper, sizeof(deeper), "%s%s", indent, mark);
		show_frame(tree, &groups[i], depth, text.text, deeper);
		if (depth >= groups[i].sites[0]->n_frames)
			continue;
		snprintf(deeper, sizeof(deeper), "%s%s", indent, below);
		result = show_callers(tree, &groups[i], depth + 1, deeper);
	}
	free(groups);
	return result;
}

static void show_titles(const struct tree *tree)
{
	if (tree->narrow)
		ul_stat_line(tree->out, tree->columns, "%8s %8s %5s %8s %s",
			     "LAZY", "FILLED", "NEVER", "STALLED",
			     "CALL SITE, CALLED FROM");
	else
		ul_stat_line(tree->out, tree->columns,
			     "%8s %8s %5s %10s %8s %7s %s", "LAZY", "FILLED",
			     "NEVER", "FAULTS", "STALLED", "REGIONS",
			     "CALL SITE, CALLED FROM");
}

/* Not a call that was looked at, and left plain. */
static bool has_lazy_memory(const struct ul_stat_callsite *site)
{
	const struct ul_stat_counters *c = &site->counters;

	return site->lazy_bytes || site->regions || c->filled_bytes ||
	       c->faults_read || c->faults_write;
}

int ul_stat_show_callers(const struct ul_stat_snapshot *snapshot, int columns,
			 FILE *out)
{
	bool lines = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	struct tree tree = {
		.snapshot = snapshot,
		.out = out,
		.columns = columns,
		.narrow = columns && columns < 120,
		.branch = lines ? "\u251c\u2500 " : "|- ",
		.last = lines ? "\u2514\u2500 " : "`- ",
		.through = lines ? "\u2502  " : "|  ",
		.blank = "   ",
	};
	const struct ul_stat_callsite **sites;
	struct group *groups;
	size_t n_sites = 0, n, i;
	int result = 0;

	sites = calloc(snapshot->n_callsites + 1, sizeof(*sites));
	if (!sites)
		return -ENOMEM;
	for (i = 0; i < snapshot->n_callsites; i++) {
		if (has_lazy_memory(&snapshot->callsites[i]))
			sites[n_sites++] = &snapshot->callsites[i];
	}
	qsort(sites, n_sites, sizeof(*sites), by_frames);
	n = cut(sites, n_sites, 0, &groups);
	if (!groups)
		result = -ENOMEM;

	show_titles(&tree);
	for (i = 0; i < n && result == 0; i++) {
		struct ul_stat_text text;

		numbers(&tree, &groups[i], &text);
		show_frame(&tree, &groups[i], 0, text.text, "");
		if (groups[i].sites[0]->n_frames)
			result = show_callers(&tree, &groups[i], 1, "");
	}
	free(groups);
	free(sites);
	return result;
}
