/* SPDX-License-Identifier: MIT */
/*
 * stat_detail.c - all that one process tells
 */
#include "config.h"

#include "tools/stat.h"

#include <inttypes.h>
#include <stdlib.h>

/* Cells of the longest bar of the histogram. */
#define BAR 40
/* Threads shown. */
#define THREADS 20

static void show_traffic(const struct ul_stat_counters *totals, FILE *out)
{
	struct ul_stat_text a, b, c, d;

	fprintf(out, "filled       %s, of it %s zeros; %s resident, %s taken away\n",
	       ul_stat_size(totals->filled_bytes, &a),
	       ul_stat_size(totals->zero_bytes, &b),
	       ul_stat_size(totals->resident_bytes, &c),
	       ul_stat_size(totals->removed_bytes, &d));
	fprintf(out, "faults       %" PRIu64 " read, %" PRIu64 " write; %" PRIu64
	       " fills, %" PRIu64 " retries\n",
	       totals->faults_read, totals->faults_write, totals->fills,
	       totals->retries);
	fprintf(out, "readahead    %s, of it %s (%u%%) used\n",
	       ul_stat_size(totals->readahead_bytes, &a),
	       ul_stat_size(totals->readahead_used_bytes, &b),
	       ul_stat_percent(totals->readahead_used_bytes,
			       totals->readahead_bytes));
	if (totals->replayed_bytes)
		fprintf(out, "replayed     %s that an earlier run has touched\n",
		       ul_stat_size(totals->replayed_bytes, &a));
	if (totals->requested_bytes)
		fprintf(out, "requested    %s, by " UL_STAT_NAME " --fill\n",
			ul_stat_size(totals->requested_bytes, &a));
	if (totals->poisoned_bytes)
		fprintf(out, "poisoned     %s could not be read from their store\n",
		       ul_stat_size(totals->poisoned_bytes, &a));
}

static void show_header(const struct ul_stat_snapshot *snapshot, FILE *out)
{
	const struct ul_stat_header *header = &snapshot->header;
	struct ul_stat_text a, b, c;

	bool timed = snapshot->running || header->end_ns;

	fprintf(out, "%u %s: %s, user %u, parent %u, %s %s%s\n", header->pid,
	       header->command, snapshot->running ? "running" : "exited",
	       header->uid, header->parent, timed ? "for" : "begun",
	       ul_stat_time(ul_stat_age(snapshot), &a), timed ? "" : " ago");
	if (ul_stat_is_elsewhere(header) && snapshot->running)
		fprintf(out, "namespace    another pid namespace; here it is "
			"process %d\n", (int)snapshot->number);
	else if (ul_stat_is_elsewhere(header))
		fprintf(out, "namespace    another pid namespace: it has ended, "
			"or cannot be seen\n");
	fprintf(out, "policy       %s\n", header->policy);
	fprintf(out, "userfaultfd  %s\n", ul_stat_rung_name(header->rung));
	fprintf(out, "regions      %" PRIu64 " now (%s), %" PRIu64
	       " in all (%s)\n",
	       header->regions_now, ul_stat_size(header->lazy_bytes_now, &a),
	       header->regions_made, ul_stat_size(header->lazy_bytes, &b));
	if (header->direct_bytes)
		fprintf(out, "direct       %s in all, filled by the kernel\n",
			ul_stat_size(header->direct_bytes, &a));
	fprintf(out, "plain        %" PRIu64 " calls by the policy, %" PRIu64
	       " that could not be made lazy\n",
	       header->plain_calls, header->failed_open);
	show_traffic(&header->totals, out);
	fprintf(out, "stalled      %s in all; a fault %s in the median, p99 %s\n",
	       ul_stat_time(header->totals.stall_ns, &a),
	       ul_stat_time(ul_stat_quantile(header->latency, 500), &b),
	       ul_stat_time(ul_stat_quantile(header->latency, 990), &c));
	fprintf(out, "events       %" PRIu64 " remap, %" PRIu64 " remove, %" PRIu64
	       " unmap; %" PRIu64 " forks\n",
	       header->events_remap, header->events_remove,
	       header->events_unmap, header->forks);
}

static const char *site_source(const struct ul_stat_snapshot *snapshot,
			       uint32_t callsite, struct ul_stat_text *text)
{
	const struct ul_stat_callsite *site;

	text->text[0] = '\0';
	if (callsite >= snapshot->n_callsites)
		return text->text;
	site = &snapshot->callsites[callsite];
	if (site->n_frames)
		ul_stat_source(snapshot, &site->frames[0], text);
	return text->text;
}

/* What not every region has, on a line below it. */
static void show_more(const struct ul_stat_region *region, FILE *out)
{
	const struct ul_stat_counters *c = &region->counters;
	struct ul_stat_text issued, replayed, poisoned;

	if (region->path[0])
		fprintf(out, "%5s maps %s\n", "", region->path);
	if (region->direct)
		fprintf(out, "%5s direct: the kernel fills it, and its faults "
			"are not counted\n", "");
	if (c->readahead_bytes)
		fprintf(out, "%5s readahead %s, of it %u%% used\n", "",
			ul_stat_size(c->readahead_bytes, &issued),
			ul_stat_percent(c->readahead_used_bytes,
					c->readahead_bytes));
	if (c->replayed_bytes)
		fprintf(out, "%5s replayed %s\n", "",
			ul_stat_size(c->replayed_bytes, &replayed));
	if (c->poisoned_bytes || c->retries)
		fprintf(out, "%5s poisoned %s, %" PRIu64 " retries\n", "",
			ul_stat_size(c->poisoned_bytes, &poisoned), c->retries);
}

/* Below this width the call, the rule, the store and the call site of a region
 * stand on a line of their own. */
#define ONE_LINE 140

static void show_region_titles(int columns, FILE *out)
{
	fprintf(out, "\n%5s %-14s %8s %6s %8s %8s %8s %8s", "ID", "ADDRESS",
		"SIZE", "RES", "FILLED", "READ", "WRITE", "STALLED");
	if (columns && columns < ONE_LINE)
		fputc('\n', out);
	else
		fprintf(out, " %-9s %-16s %-12s %s\n", "CALL", "RULE", "STORE",
			"CALL SITE");
}

static void show_region(const struct ul_stat_snapshot *snapshot,
			const struct ul_stat_region *region, int columns,
			FILE *out)
{
	const struct ul_stat_counters *c = &region->counters;
	struct ul_stat_text size, share, filled, stalled, site, source;

	fprintf(out, "%5" PRIu64 " 0x%012" PRIx64 " %8s %6s %8s %8" PRIu64
		" %8" PRIu64 " %8s", region->id, region->start,
		ul_stat_size(region->length, &size),
		ul_stat_resident(region, &share),
		ul_stat_size(c->filled_bytes, &filled), c->faults_read,
		c->faults_write, ul_stat_time(c->stall_ns, &stalled));
	ul_stat_site(snapshot, region->callsite, &site);
	site_source(snapshot, region->callsite, &source);
	if (!columns || columns >= ONE_LINE) {
		fprintf(out, " %-9s %-16s %-12s %s%s\n",
			ul_stat_call_name(region->call),
			ul_stat_rule_name(snapshot, region->rule),
			region->store, site.text, source.text);
		return;
	}
	fputc('\n', out);
	ul_stat_line(out, columns, "%5s %s by %s%s", "",
		     ul_stat_call_name(region->call), site.text, source.text);
	ul_stat_line(out, columns, "%5s rule %s, store %s", "",
		     ul_stat_rule_name(snapshot, region->rule), region->store);
}

static void show_regions(const struct ul_stat_snapshot *snapshot, int columns,
			 FILE *out)
{
	size_t i;

	if (!snapshot->n_regions)
		return;
	show_region_titles(columns, out);
	for (i = 0; i < snapshot->n_regions; i++) {
		show_region(snapshot, &snapshot->regions[i], columns, out);
		show_more(&snapshot->regions[i], out);
	}
}

static void show_rules(const struct ul_stat_snapshot *snapshot, int columns,
		       FILE *out)
{
	struct ul_stat_text lazy, filled, stalled;
	size_t i;

	if (!snapshot->n_rules)
		return;
	fputc('\n', out);
	ul_stat_line(out, columns, "%-24s %7s %7s %8s %8s %10s %8s", "RULE",
		     "REGIONS", "NOW", "LAZY", "FILLED", "FAULTS", "STALLED");
	for (i = 0; i < snapshot->n_rules; i++) {
		const struct ul_stat_rule *rule = &snapshot->rules[i];
		const struct ul_stat_counters *c = &rule->counters;

		ul_stat_line(out, columns,
			     "%-24s %7" PRIu64 " %7" PRIu64
			     " %8s %8s %10" PRIu64 " %8s",
			     rule->name, rule->regions, rule->regions_now,
			     ul_stat_size(rule->lazy_bytes, &lazy),
			     ul_stat_size(c->filled_bytes, &filled),
			     c->faults_read + c->faults_write,
			     ul_stat_time(c->stall_ns, &stalled));
	}
}

/* A bar for each bucket, from the first that has samples to the last. */
static void show_latency(const struct ul_stat_snapshot *snapshot, FILE *out)
{
	const uint64_t *latency = snapshot->header.latency;
	struct ul_stat_text text;
	unsigned int first = UL_STAT_BUCKETS, last = 0, b;
	uint64_t most = 0;

	for (b = 0; b < UL_STAT_BUCKETS; b++) {
		if (!latency[b])
			continue;
		if (first == UL_STAT_BUCKETS)
			first = b;
		last = b;
		if (latency[b] > most)
			most = latency[b];
	}
	if (!most)
		return;
	fprintf(out, "\n%8s %10s\n", "FROM", "FAULTS");
	for (b = first; b <= last; b++) {
		int cells = (int)((double)latency[b] * BAR / (double)most);

		if (latency[b] && !cells)
			cells = 1;
		fprintf(out, "%8s %10" PRIu64 "%s%.*s\n",
		       ul_stat_time(b ? ul_stat_bucket_low(b) : 0, &text),
		       latency[b], cells ? " " : "", cells,
		       "########################################");
	}
}

static int by_stall(const void *left, const void *right)
{
	const struct ul_stat_thread *a = left, *b = right;

	return (a->stall_ns < b->stall_ns) - (a->stall_ns > b->stall_ns);
}

/* Those that waited most. */
static void show_threads(const struct ul_stat_snapshot *snapshot, FILE *out)
{
	struct ul_stat_text stalled, longest, tid;
	size_t i;

	if (!snapshot->n_threads)
		return;
	qsort(snapshot->threads, snapshot->n_threads,
	      sizeof(*snapshot->threads), by_stall);
	fprintf(out, "\n%7s %10s %8s %8s %s\n", "THREAD", "FAULTS", "STALLED",
		"LONGEST", "NAME");
	for (i = 0; i < snapshot->n_threads && i < THREADS; i++) {
		const struct ul_stat_thread *thread = &snapshot->threads[i];

		snprintf(tid.text, sizeof(tid.text), "%u", thread->tid);
		fprintf(out, "%7s %10" PRIu64 " %8s %8s %s\n",
			thread->tid ? tid.text : "others", thread->faults,
			ul_stat_time(thread->stall_ns, &stalled),
			ul_stat_time(thread->longest_ns, &longest),
			thread->name);
	}
	if (i < snapshot->n_threads)
		fprintf(out, "%7s and %zu more\n", "", snapshot->n_threads - i);
}

void ul_stat_show_detail(const struct ul_stat_snapshot *snapshot, int columns,
			 FILE *out)
{
	show_header(snapshot, out);
	show_regions(snapshot, columns, out);
	show_rules(snapshot, columns, out);
	show_threads(snapshot, out);
	show_latency(snapshot, out);
}
