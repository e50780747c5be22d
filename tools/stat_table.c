/* SPDX-License-Identifier: MIT */
/*
 * stat_table.c - a line for each process
 *
 * Scripts read this with --no-header: columns keep their order, no value but
 * the last has a blank in it, and new columns go before the last.
 */
#include "config.h"

#include "tools/stat.h"

#include <inttypes.h>

static void show_line(const struct ul_stat_snapshot *snapshot, FILE *out)
{
	const struct ul_stat_header *header = &snapshot->header;
	struct ul_stat_text lazy, resident, filled, median, p99, stalled;

	fprintf(out, "%7u %-7s %7" PRIu64 " %8s %8s %8s %10" PRIu64
	       " %7s %7s %8s %8.0f %s\n",
	       header->pid, snapshot->running ? "running" : "exited",
	       header->regions_now,
	       ul_stat_size(header->lazy_bytes_now, &lazy),
	       ul_stat_size(header->totals.resident_bytes, &resident),
	       ul_stat_size(header->totals.filled_bytes, &filled),
	       header->totals.faults_read + header->totals.faults_write,
	       ul_stat_time(ul_stat_quantile(header->latency, 500), &median),
	       ul_stat_time(ul_stat_quantile(header->latency, 990), &p99),
	       ul_stat_time(header->totals.stall_ns, &stalled),
	       ul_stat_rate(snapshot), header->command);
}

void ul_stat_show_table(const struct ul_stat_snapshot *snapshots, size_t n,
			bool header, FILE *out)
{
	size_t i;

	if (header)
		fprintf(out, "%7s %-7s %7s %8s %8s %8s %10s %7s %7s %8s %8s "
		       "%s\n", "PID",
		       "STATE", "REGIONS", "LAZY", "RESIDENT", "FILLED",
		       "FAULTS", "MEDIAN", "P99", "STALLED", "FAULTS/S",
		       "COMMAND");
	for (i = 0; i < n; i++)
		show_line(&snapshots[i], out);
}
