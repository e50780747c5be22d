/* SPDX-License-Identifier: MIT */
/* numbers.c - prints the totals of a statistics file as shell variables. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "preload/engine/stat_abi.h"

int main(int argc, char **argv)
{
	struct ul_stat_header header;
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!file || fread(&header, sizeof(header), 1, file) != 1 ||
	    memcmp(header.magic, UL_STAT_MAGIC, sizeof(header.magic)) != 0)
		return 1;
	fclose(file);
	printf("regions_made=%" PRIu64 "\n", header.regions_made);
	printf("callsites=%" PRIu32 "\n", header.callsites.used);
	printf("failed_open=%" PRIu64 "\n", header.failed_open);
	printf("filled_bytes=%" PRIu64 "\n", header.totals.filled_bytes);
	printf("poisoned_bytes=%" PRIu64 "\n", header.totals.poisoned_bytes);
	printf("faults=%" PRIu64 "\n",
	       header.totals.faults_read + header.totals.faults_write);
	printf("log_lines=%" PRIu64 "\n", header.log_lines);
	return 0;
}
