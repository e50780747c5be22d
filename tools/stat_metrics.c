/* SPDX-License-Identifier: MIT */
/*
 * stat_metrics.c - the statistics as OpenMetrics text, version 1.0.0
 * (https://github.com/OpenObservability/OpenMetrics)
 *
 * One family after the other, each with all processes; base units, bytes and
 * seconds. The histogram has a bucket for each power of two: four times as
 * many tell a monitoring system nothing more.
 */
#include "config.h"

#include "tools/stat.h"

#include <inttypes.h>

/* Where the value of a family is. */
struct family {
	const char *name;		/* after "uffdlazy_" */
	const char *type;
	const char *unit;		/* "" */
	const char *help;
	size_t offset;			/* in the header, a uint64_t */
};

#define IN_HEADER(field) offsetof(struct ul_stat_header, field)
#define IN_TOTALS(field) \
	(IN_HEADER(totals) + offsetof(struct ul_stat_counters, field))

static const struct family families[] = {
	{ "regions", "gauge", "", "Lazy regions now",
	  IN_HEADER(regions_now) },
	{ "lazy_bytes", "gauge", "bytes", "Size of the lazy regions",
	  IN_HEADER(lazy_bytes_now) },
	{ "resident_bytes", "gauge", "bytes", "What of them is filled",
	  IN_TOTALS(resident_bytes) },
	{ "regions_made", "counter", "", "Lazy regions made",
	  IN_HEADER(regions_made) },
	{ "failed_opens", "counter", "",
	  "Calls that could not be made lazy", IN_HEADER(failed_open) },
	{ "fills", "counter", "", "Fills of whatever size",
	  IN_TOTALS(fills) },
	{ "filled_bytes", "counter", "bytes", "Bytes placed",
	  IN_TOTALS(filled_bytes) },
	{ "zero_bytes", "counter", "bytes", "Of the bytes placed: zeros",
	  IN_TOTALS(zero_bytes) },
	{ "removed_bytes", "counter", "bytes", "Bytes given back or unmapped",
	  IN_TOTALS(removed_bytes) },
	{ "readahead_bytes", "counter", "bytes",
	  "Bytes placed ahead of faults", IN_TOTALS(readahead_bytes) },
	{ "readahead_used_bytes", "counter", "bytes",
	  "Of those: known to be wanted since",
	  IN_TOTALS(readahead_used_bytes) },
	{ "replayed_bytes", "counter", "bytes",
	  "Bytes placed ahead because an earlier run has touched them",
	  IN_TOTALS(replayed_bytes) },
	{ "requested_bytes", "counter", "bytes",
	  "Bytes placed because uffdlazy-stat --fill asked for it",
	  IN_TOTALS(requested_bytes) },
	{ "poisoned_bytes", "counter", "bytes",
	  "Bytes that could not be read from their store",
	  IN_TOTALS(poisoned_bytes) },
	{ "retries", "counter", "", "Fills that were tried again",
	  IN_TOTALS(retries) },
};

/* A label's value: what would end it is escaped, and what is not UTF-8, for
 * the exposition must be, becomes a question mark. */
static void show_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc((unsigned char)*text < 0x80 ? *text : '?', out);
	}
}

static void show_labels(const struct ul_stat_header *header, FILE *out)
{
	fprintf(out, "pid=\"%u\",command=\"", header->pid);
	show_text(header->command, out);
	fputc('"', out);
}

static void show_family(const char *name, const char *type, const char *unit,
			const char *text, FILE *out)
{
	fprintf(out, "# TYPE uffdlazy_%s %s\n", name, type);
	if (*unit)
		fprintf(out, "# UNIT uffdlazy_%s %s\n", name, unit);
	fprintf(out, "# HELP uffdlazy_%s %s\n", name, text);
}

static void show_plain(const struct family *family,
		       const struct ul_stat_snapshot *snapshots, size_t n,
		       FILE *out)
{
	bool counter = family->type[0] == 'c';
	size_t i;

	show_family(family->name, family->type, family->unit, family->help,
		    out);
	for (i = 0; i < n; i++) {
		const struct ul_stat_header *header = &snapshots[i].header;
		const char *at = (const char *)header + family->offset;

		fprintf(out, "uffdlazy_%s%s{", family->name,
			counter ? "_total" : "");
		show_labels(header, out);
		fprintf(out, "} %" PRIu64 "\n", *(const uint64_t *)(const void *)at);
	}
}

static void show_faults(const struct ul_stat_snapshot *snapshots, size_t n,
			FILE *out)
{
	size_t i;

	show_family("faults", "counter", "", "Page faults served", out);
	for (i = 0; i < n; i++) {
		const struct ul_stat_header *header = &snapshots[i].header;

		fputs("uffdlazy_faults_total{", out);
		show_labels(header, out);
		fprintf(out, ",access=\"read\"} %" PRIu64 "\n",
			header->totals.faults_read);
		fputs("uffdlazy_faults_total{", out);
		show_labels(header, out);
		fprintf(out, ",access=\"write\"} %" PRIu64 "\n",
			header->totals.faults_write);
	}
}

static void show_histogram(const struct ul_stat_header *header, FILE *out)
{
	uint64_t sum = 0;
	unsigned int b;

	for (b = 0; b < UL_STAT_BUCKETS; b++) {
		sum += header->latency[b];
		/* The last bucket has no end. */
		if (b % 4 != 3 || b == UL_STAT_BUCKETS - 1)
			continue;
		fputs("uffdlazy_fault_seconds_bucket{", out);
		show_labels(header, out);
		fprintf(out, ",le=\"%.9f\"} %" PRIu64 "\n",
			(double)ul_stat_bucket_low(b + 1) / 1e9, sum);
	}
	fputs("uffdlazy_fault_seconds_bucket{", out);
	show_labels(header, out);
	fprintf(out, ",le=\"+Inf\"} %" PRIu64 "\n", sum);
	fputs("uffdlazy_fault_seconds_count{", out);
	show_labels(header, out);
	fprintf(out, "} %" PRIu64 "\n", sum);
	fputs("uffdlazy_fault_seconds_sum{", out);
	show_labels(header, out);
	fprintf(out, "} %.9f\n", (double)header->totals.stall_ns / 1e9);
}

void ul_stat_show_metrics(const struct ul_stat_snapshot *snapshots, size_t n,
			  FILE *out)
{
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(*families); i++)
		show_plain(&families[i], snapshots, n, out);
	show_faults(snapshots, n, out);
	show_family("fault_seconds", "histogram", "seconds",
		    "Time from the arrival of a fault to its end", out);
	for (i = 0; i < n; i++)
		show_histogram(&snapshots[i].header, out);
	fputs("# EOF\n", out);
}
