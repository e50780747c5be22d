/* SPDX-License-Identifier: MIT */
/* served.c - was the memory lazy at all? Reads what UFFDLAZY_STATS left. */
#include <stdio.h>
#include <string.h>

#include "preload/engine/stat_abi.h"

int main(int argc, char **argv)
{
	struct ul_stat_header header;
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

	if (!file || fread(&header, sizeof(header), 1, file) != 1 ||
	    memcmp(header.magic, UL_STAT_MAGIC, sizeof(header.magic)) != 0) {
		fprintf(stderr, "served: no statistics\n");
		return 1;
	}
	fclose(file);
	if (header.regions_made && header.totals.faults_read &&
	    header.totals.faults_write && !header.failed_open)
		return 0;
	fprintf(stderr,
		"served: %llu regions, %llu read faults, %llu write faults, "
		"%llu failed open\n",
		(unsigned long long)header.regions_made,
		(unsigned long long)header.totals.faults_read,
		(unsigned long long)header.totals.faults_write,
		(unsigned long long)header.failed_open);
	return 1;
}
