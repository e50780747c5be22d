/* SPDX-License-Identifier: MIT */
/*
 * summary.c - the lines at exit that UFFDLAZY_SUMMARY=1 asks for
 *
 * Six at the most: what was lazy or direct, what was waited for, the three call
 * sites that left most of their memory untouched, and what went wrong or, where
 * the numbers are clear, a piece of advice.
 */
#include "config.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/log.h"
#include "preload/engine/stats.h"

#define TOP 3
/* Advice is given on what is clear, and only where it matters. */
#define NEVER_SHOWN 5			/* percent: less is not worth a line */
#define NEVER_CLEAR 90			/* percent of a call site's memory */
#define NEVER_MATTERS ((uint64_t)1 << 20)
#define STALL_MATTERS 20		/* percent of the run */
#define NEARLY_ALL 80			/* percent of what is lazy */
#define READAHEAD_WASTED 25		/* percent used */
#define REPLAY_CLEAR 80			/* percent of the waiting */
#define REPLAY_FAULTS 16		/* of fewer nothing can be said */

/* Call sites that are one place in the program, whoever called it. */
struct place {
	const struct ul_stat_frame *frame;
	uint64_t lazy, never;		/* bytes */
	bool mapped;			/* some of it comes from a file */
	bool at_least;			/* more of it may be untouched */
};

/* 1536 -> "1.5 KiB" */
static const char *human(char text[32], uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
					     "TiB", "PiB" };
	double value = (double)bytes;
	int unit = 0;

	for (; value >= 1024 && unit < 5; unit++)
		value /= 1024;
	snprintf(text, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

/* 20992 ns -> "21 us" */
static const char *duration(char text[32], double ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	int unit = 0;

	for (; ns >= 999.5 && unit < 3; unit++)
		ns /= 1000;
	snprintf(text, 32, ns < 9.95 ? "%.1f %s" : "%.0f %s", ns, units[unit]);
	return text;
}

/* 17424 -> "17,424" */
static const char *grouped(char text[32], uint64_t number)
{
	char *at = text + 31;
	int digits = 0;

	*at = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + number % 10);
		number /= 10;
		digits++;
	} while (number);
	return at;
}

static unsigned int percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned int)(100 * (double)part / (double)whole) : 0;
}

/* A fork's child has pages that its parent filled. What uffdlazy-stat --fill
 * asked for the program has not. What was given back and filled again counts
 * twice as touched: then this is what was untouched at the least. */
static uint64_t never_touched(const struct ul_stat_callsite *site)
{
	uint64_t requested = site->counters.requested_bytes;
	uint64_t touched = site->counters.filled_bytes;

	if (touched < site->counters.resident_bytes)
		touched = site->counters.resident_bytes;
	touched = touched > requested ? touched - requested : 0;
	return touched < site->lazy_bytes ? site->lazy_bytes - touched : 0;
}

/* All call sites with the innermost frame of sites[first]; none if an earlier
 * one has that, too. */
static struct place place_at(const struct ul_stat_callsite *sites,
			     uint32_t first, uint32_t n)
{
	struct place place = { .frame = &sites[first].frames[0] };

	for (uint32_t i = 0; i < n; i++) {
		if (sites[i].frames[0].pc != place.frame->pc)
			continue;
		if (i < first)
			return (struct place){ .frame = NULL };
		place.lazy += sites[i].lazy_bytes;
		place.never += never_touched(&sites[i]);
		if (sites[i].counters.filled_bytes !=
		    sites[i].counters.zero_bytes)
			place.mapped = true;
		if (sites[i].counters.discarded_bytes)
			place.at_least = true;
	}
	return place;
}

/* The places with most untouched memory, the first first. */
static size_t find_top(const struct ul_stat_header *stats,
		       struct place top[TOP])
{
	const struct ul_stat_callsite *sites =
		(const void *)((const char *)stats + stats->callsites.offset);
	uint32_t used = stats->callsites.used;
	size_t n = 0;

	for (uint32_t i = 0; i < used; i++) {
		struct place place = place_at(sites, i, used);
		size_t at;

		if (!place.frame ||
		    percent(place.never, place.lazy) < NEVER_SHOWN)
			continue;
		for (at = n; at && top[at - 1].never < place.never; at--)
			if (at < TOP)
				top[at] = top[at - 1];
		if (at < TOP)
			top[at] = place;
		n += n < TOP;
	}
	return n;
}

static const char *frame_name(char text[160], const struct ul_stat_frame *frame)
{
	const char *slash = strrchr(frame->object, '/');
	const char *object = slash ? slash + 1 : frame->object;

	if (frame->function[0])
		snprintf(text, 160, "%.79s+0x%llx (%.40s)", frame->function,
			 (unsigned long long)frame->function_offset, object);
	else
		snprintf(text, 160, "%.95s+0x%llx", *object ? object : "unknown",
			 (unsigned long long)frame->object_offset);
	return text;
}

static void print_lazy(const struct ul_stat_header *stats)
{
	const struct ul_stat_counters *totals = &stats->totals;
	char a[32], b[32], c[32], d[32], direct[64] = "", text[512];

	if (stats->direct_bytes)
		snprintf(direct, sizeof(direct), "; direct %s",
			 human(d, stats->direct_bytes));
	snprintf(text, sizeof(text), "lazy %s in %s %s, filled %s (%u %%)%s",
		 human(a, stats->lazy_bytes), grouped(b, stats->regions_made),
		 stats->regions_made == 1 ? "region" : "regions",
		 human(c, totals->filled_bytes),
		 percent(totals->filled_bytes, stats->lazy_bytes), direct);
	ul_log(UL_LOG_ERROR, "%s", text);
}

static void print_faults(const struct ul_stat_header *stats, uint64_t run_ns)
{
	const struct ul_stat_counters *totals = &stats->totals;
	uint64_t faults = totals->faults_read + totals->faults_write;
	char a[32], b[32], c[32], d[32], text[512];

	snprintf(text, sizeof(text),
		 "%s %s, median %s, p99 %s, stalled %s (%u %% of the run)",
		 grouped(a, faults), faults == 1 ? "fault" : "faults",
		 duration(b, (double)ul_stat_quantile(stats->latency, 500)),
		 duration(c, (double)ul_stat_quantile(stats->latency, 990)),
		 duration(d, (double)totals->stall_ns),
		 percent(totals->stall_ns, run_ns));
	if (faults)
		ul_log(UL_LOG_ERROR, "%s", text);
}

static void print_place(const struct place *place)
{
	char a[32], b[32], name[160], text[512];

	snprintf(text, sizeof(text), "%s%s of %s (%u %%) never touched: %s",
		 place->at_least ? "at least " : "", human(a, place->never), human(b, place->lazy),
		 percent(place->never, place->lazy),
		 frame_name(name, place->frame));
	ul_log(UL_LOG_ERROR, "%s", text);
}

static bool print_failures(const struct ul_stat_header *stats)
{
	char a[32], b[32], text[512];

	if (!stats->totals.poisoned_bytes && !stats->failed_open)
		return false;
	snprintf(text, sizeof(text),
		 "%s could not be filled, %s mappings could not be made lazy",
		 human(a, stats->totals.poisoned_bytes),
		 grouped(b, stats->failed_open));
	ul_log(UL_LOG_ERROR, "%s", text);
	return true;
}

/* How long the thread that waited most has waited. */
static uint64_t most_stalled(const struct ul_stat_header *stats)
{
	const struct ul_stat_thread *threads =
		(const void *)((const char *)stats + stats->threads.offset);
	uint64_t most = 0;

	for (uint32_t i = 0; i < stats->threads.used; i++)
		if (most < threads[i].stall_ns)
			most = threads[i].stall_ns;
	return most;
}

/*
 * How much of the waiting a replay of this run could spare, in percent. It does
 * on another processor, while the program computes, what the program has waited
 * for; so no more than it has computed, and not the first fault. 0 where a
 * replay is not the remedy.
 */
static unsigned int replayable(const struct ul_stat_header *stats,
			       uint64_t run_ns)
{
	const struct ul_stat_counters *totals = &stats->totals;
	uint64_t faults = totals->faults_read + totals->faults_write;
	uint64_t waited = most_stalled(stats);
	unsigned int spared, but_first;
	cpu_set_t processors;

	if (totals->replayed_bytes || faults < REPLAY_FAULTS ||
	    totals->zero_bytes > totals->filled_bytes / 2 || waited >= run_ns ||
	    sched_getaffinity(0, sizeof(processors), &processors) != 0 ||
	    CPU_COUNT(&processors) < 2)
		return 0;
	spared = percent(run_ns - waited, totals->stall_ns);
	but_first = percent(faults - 1, faults);
	return spared < but_first ? spared : but_first;
}

static void print_advice(const struct ul_stat_header *stats,
			 const struct place *most, uint64_t run_ns)
{
	const struct ul_stat_counters *totals = &stats->totals;
	uint64_t loaded = totals->filled_bytes - totals->zero_bytes;
	bool waits = percent(totals->stall_ns, run_ns) >= STALL_MATTERS;
	unsigned int spared = waits ? replayable(stats, run_ns) : 0;
	char a[32], text[512];

	text[0] = '\0';
	if (waits && totals->readahead_bytes > loaded / 2 &&
	    percent(totals->readahead_used_bytes, totals->readahead_bytes) <
		    READAHEAD_WASTED)
		snprintf(text, sizeof(text),
			 "advice: only %u %% of what was read ahead is used; "
			 "try \"readahead\": \"off\" in the policy",
			 percent(totals->readahead_used_bytes,
				 totals->readahead_bytes));
	else if (waits && percent(loaded, stats->lazy_bytes) >= NEARLY_ALL)
		snprintf(text, sizeof(text),
			 "advice: nearly all of it is needed; unpacking it "
			 "beforehand is faster");
	else if (spared >= REPLAY_CLEAR)
		snprintf(text, sizeof(text),
			 "advice: a replay would remove up to %u %% of that "
			 "wait: uffdlazy-run --record F, then --replay F",
			 spared);
	else if (most && !most->mapped && most->never >= NEVER_MATTERS &&
		 percent(most->never, most->lazy) >= NEVER_CLEAR)
		snprintf(text, sizeof(text),
			 "advice: %s asks for %s; %u %% is never touched, "
			 "so it could ask for less",
			 most->frame->function[0] ? most->frame->function :
						    "that call site",
			 human(a, most->lazy),
			 percent(most->never, most->lazy));
	if (text[0])
		ul_log(UL_LOG_ERROR, "%s", text);
}

bool ul_summary_wanted(void)
{
	const char *wanted = secure_getenv("UFFDLAZY_SUMMARY");

	return wanted && *wanted && *wanted != '0';
}

bool ul_summary_is_program(void)
{
	const char *number = secure_getenv("UFFDLAZY_RUN");

	return number && strtol(number, NULL, 10) == (long)getpid();
}

void ul_summary_print(void)
{
	const struct ul_stat_header *stats = ul_stats_header();
	uint64_t run_ns = ul_now_ns() - stats->start_ns;
	struct place top[TOP];
	size_t n = find_top(stats, top);

	/* A shell's hundred children need not each say that they had none. */
	if (!stats->regions_made && !stats->failed_open) {
		if (ul_summary_is_program())
			ul_log(UL_LOG_ERROR, "nothing was lazy: %s made no "
			       "call that the policy takes", stats->command);
		return;
	}
	print_lazy(stats);
	print_faults(stats, run_ns);
	for (size_t i = 0; i < n; i++)
		print_place(&top[i]);
	if (!print_failures(stats))
		print_advice(stats, n ? &top[0] : NULL, run_ns);
}
