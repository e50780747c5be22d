/* SPDX-License-Identifier: MIT */
/*
 * stat_direct.c - how much of what the kernel fills is resident
 *
 * No fault of a direct region is counted, so the kernel is asked: what of each
 * mapping in it has pages in this process. A mapping that reaches beyond the
 * region counts by its share. /proc/PID/smaps is open to who may trace the
 * process, which its own user may.
 */
#include "config.h"

#include "tools/stat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct mapping {
	uint64_t start, end;
	uint64_t resident;		/* bytes */
};

/* The next mapping and its resident bytes. False: there is none. */
static bool next_mapping(FILE *smaps, char **line, size_t *size,
			 struct mapping *mapping)
{
	uint64_t kib;

	while (getline(line, size, smaps) > 0) {
		if (sscanf(*line, "Rss: %" SCNu64 " kB", &kib) == 1) {
			mapping->resident = kib * 1024;
			return true;
		}
		sscanf(*line, "%" SCNx64 "-%" SCNx64 " ", &mapping->start,
		       &mapping->end);
	}
	return false;
}

static void add_share(struct ul_stat_region *region,
		      const struct mapping *mapping)
{
	uint64_t end = region->start + region->length;
	uint64_t low = mapping->start > region->start ? mapping->start :
							region->start;
	uint64_t high = mapping->end < end ? mapping->end : end;

	if (low < high)
		region->counters.resident_bytes += (uint64_t)(
			(double)mapping->resident * (double)(high - low) /
			(double)(mapping->end - mapping->start));
}

void ul_stat_measure_direct(struct ul_stat_snapshot *snapshot)
{
	struct mapping mapping = { 0, 0, 0 };
	FILE *smaps = NULL;
	char *line = NULL;
	size_t size = 0;
	char path[64];
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/smaps",
		 (int)snapshot->number);
	for (i = 0; i < snapshot->n_regions && !smaps; i++)
		if (snapshot->regions[i].direct && snapshot->running)
			smaps = fopen(path, "re");
	if (!smaps)
		return;
	while (next_mapping(smaps, &line, &size, &mapping))
		for (i = 0; i < snapshot->n_regions; i++)
			if (snapshot->regions[i].direct) {
				snapshot->regions[i].direct = UL_STAT_MEASURED;
				add_share(&snapshot->regions[i], &mapping);
			}
	free(line);
	fclose(smaps);
}
