/* SPDX-License-Identifier: MIT */
/*
 * stat_sort.c - the order of the table
 */
#include "config.h"

#include "tools/stat.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The order of UL_STAT_COLUMNS. */
enum column {
	BY_PID,
	BY_STATE,
	BY_REGIONS,
	BY_LAZY,
	BY_RESIDENT,
	BY_FILLED,
	BY_FAULTS,
	BY_MEDIAN,
	BY_P99,
	BY_STALLED,
	BY_RATE,
	BY_COMMAND,
};

static int chosen;			/* for compare, which qsort calls */
static bool backwards;

int ul_stat_sort_find(const char *name)
{
	static const char columns[] = UL_STAT_COLUMNS;
	const char *at = columns;
	int column;

	name += *name == '-';
	for (column = 0; *at; column++) {
		size_t length = strcspn(at, ",");

		if (strlen(name) == length &&
		    strncasecmp(name, at, length) == 0)
			return column;
		at += length;
		at += strspn(at, ", ");
	}
	return -1;
}

static double value(const struct ul_stat_snapshot *snapshot)
{
	const struct ul_stat_header *header = &snapshot->header;

	switch (chosen) {
	case BY_STATE:
		return snapshot->running;
	case BY_REGIONS:
		return (double)header->regions_now;
	case BY_LAZY:
		return (double)header->lazy_bytes_now;
	case BY_RESIDENT:
		return (double)header->totals.resident_bytes;
	case BY_FILLED:
		return (double)header->totals.filled_bytes;
	case BY_FAULTS:
		return (double)(header->totals.faults_read +
				header->totals.faults_write);
	case BY_MEDIAN:
		return (double)ul_stat_quantile(header->latency, 500);
	case BY_P99:
		return (double)ul_stat_quantile(header->latency, 990);
	case BY_STALLED:
		return (double)header->totals.stall_ns;
	case BY_RATE:
		return ul_stat_rate(snapshot);
	default:
		return -(double)header->pid;
	}
}

/* Numbers: the largest first. Equal ones, pids and names: rising. */
static int compare(const void *left, const void *right)
{
	const struct ul_stat_snapshot *a = left, *b = right;
	double x = value(a), y = value(b);
	int order = (x < y) - (x > y);

	if (chosen == BY_COMMAND)
		order = strcmp(a->header.command, b->header.command);
	if (backwards)
		order = -order;
	if (order == 0)
		order = (a->header.pid > b->header.pid) -
			(a->header.pid < b->header.pid);
	return order;
}

void ul_stat_sort(struct ul_stat_set *set, const char *name)
{
	if (!name || !set->n)
		return;
	chosen = ul_stat_sort_find(name);
	backwards = *name == '-';
	qsort(set->snapshots, set->n, sizeof(*set->snapshots), compare);
}

double ul_stat_rate(const struct ul_stat_snapshot *snapshot)
{
	if (!snapshot->interval_ns)
		return 0;
	return (double)snapshot->interval_faults * 1e9 /
	       (double)snapshot->interval_ns;
}
