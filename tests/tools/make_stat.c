/* SPDX-License-Identifier: MIT */
/*
 * make_stat.c - write a statistics file, good or bad in one named way
 *
 *	make_stat FILE KIND [PID]
 *
 * KIND "later" is "good" after 40 more faults, "largest" has more lazy memory
 * than anything that runs. PID is whose file it is; its
 * start time is taken from /proc when it runs.
 * What the good one says is what the tests expect to read.
 */
#include "config.h"

#include "preload/engine/stat_abi.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEAD_PID 4194305	/* above the kernel's highest */

struct file {
	struct ul_stat_header header;
	struct ul_stat_region regions[4];
	struct ul_stat_rule rules[2];
	struct ul_stat_callsite callsites[3];
};

static uint64_t start_ticks(unsigned int pid)
{
	char path[64], line[1024];
	unsigned long long ticks = 0;
	char *at;
	size_t got;
	FILE *file;
	int field;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	got = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[got] = '\0';
	at = strrchr(line, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &ticks);
	return ticks;
}

static void table(struct ul_stat_table *table, size_t offset, size_t size,
		  uint32_t room)
{
	table->offset = offset;
	table->size = (uint32_t)size;
	table->room = room;
	table->used = room;
}

static void fill_header(struct ul_stat_header *header, unsigned int pid)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	memcpy(header->magic, UL_STAT_MAGIC, sizeof(header->magic));
	header->major = UL_STAT_MAJOR;
	header->minor = UL_STAT_MINOR;
	header->file_size = sizeof(struct file);
	header->header_size = sizeof(*header);
	header->pid = pid;
	header->parent = 1;
	header->uid = geteuid();
	header->start_ticks = start_ticks(pid);
	header->start_ns = (uint64_t)now.tv_sec * 1000000000;
	header->page_size = 4096;
	header->rung = UL_RUNG_FULL_SYSCALL;
	strcpy(header->command, "a victim");
	strcpy(header->policy, "/somewhere/policy.json");
	header->regions_made = 3;
	header->regions_now = 2;
	header->lazy_bytes = 12 << 20;
	header->lazy_bytes_now = 8 << 20;
	header->plain_calls = 77;
	header->totals.faults_read = 90;
	header->totals.faults_write = 10;
	header->totals.fills = 95;
	header->totals.filled_bytes = 6 << 20;
	header->totals.resident_bytes = 5 << 20;
	header->totals.readahead_bytes = 4 << 20;
	header->totals.readahead_used_bytes = 3 << 20;
	header->totals.replayed_bytes = 2 << 20;
	header->totals.stall_ns = 1500000000;
	header->fill.listening = 1;
	header->latency[20] = 90;	/* from 8,192 ns */
	header->latency[40] = 10;	/* from 262,144 ns */
	header->events_unmap = 5;
}

static void fill_region(struct ul_stat_region *region, uint64_t id)
{
	region->seq = 2;
	region->state = 1;
	region->id = id;
	region->start = 0x7f0000000000 + (id << 24);
	region->length = 4 << 20;
	region->call = 1;
	region->rule = (uint32_t)(id - 1);
	strcpy(region->store, "words");
	region->counters.resident_bytes = 1 << 20;
	region->counters.filled_bytes = 1 << 20;
	region->counters.faults_read = 16;
}

static void fill(struct file *file, unsigned int pid)
{
	struct ul_stat_callsite *site = &file->callsites[0];

	fill_header(&file->header, pid);
	table(&file->header.regions, offsetof(struct file, regions),
	      sizeof(file->regions[0]), 4);
	table(&file->header.rules, offsetof(struct file, rules),
	      sizeof(file->rules[0]), 2);
	table(&file->header.callsites, offsetof(struct file, callsites),
	      sizeof(file->callsites[0]), 3);
	fill_region(&file->regions[0], 1);
	fill_region(&file->regions[2], 2);	/* [1] and [3] are free */
	file->regions[2].call = 4;
	file->regions[2].callsite = UINT32_MAX;
	strcpy(file->regions[2].path, "/usr/share/dict/words");
	strcpy(file->rules[0].name, "hash table");
	strcpy(file->rules[1].name, "dictionary");
	file->rules[0].regions = 2;
	site->regions = 2;
	site->lazy_bytes = 8 << 20;
	site->n_frames = 2;
	strcpy(site->frames[0].function, "build_index");
	site->frames[0].function_offset = 0x1c;
	strcpy(site->frames[0].object, "/opt/lib/libidx.so");
	strcpy(site->frames[1].function, "main");
	strcpy(site->frames[1].object, "/opt/bin/victim");
	/* Another place, and two ways that lead to it. */
	for (int i = 1; i <= 2; i++) {
		site = &file->callsites[i];
		site->regions = 1;
		site->lazy_bytes = (uint64_t)i << 20;
		site->counters.filled_bytes = 1 << 20;
		site->n_frames = 2;
		strcpy(site->frames[0].function, "grow");
		strcpy(site->frames[1].function, i == 1 ? "once" : "twice");
	}
}

/* How it is asked to fill, and answers. */
static int spoil_fill(struct ul_stat_header *header, const char *kind)
{
	struct ul_stat_fill *fill = &header->fill;

	if (!strcmp(kind, "older")) {
		header->minor = 1;
		header->header_size = offsetof(struct ul_stat_header, fill);
	} else if (!strcmp(kind, "deaf")) {
		fill->listening = 0;
	} else if (!strcmp(kind, "answers")) {
		/* Done with the first request, and not to be believed. */
		fill->answered = 1;
		fill->wanted_bytes = 1;
		fill->failed_bytes = UINT64_MAX;
		memset(fill->failure, 0x1b, sizeof(fill->failure));
	} else {
		return 0;
	}
	return 1;
}

#define MIB ((size_t)1 << 20)

/* Files that are holes, and say that the holes are entries. */
static size_t sparse_size;

static int spoil_size(struct ul_stat_header *header, const char *kind)
{
	struct ul_stat_table *regions = &header->regions;

	if (!strcmp(kind, "huge"))
		sparse_size = 65 * MIB;
	else if (!strcmp(kind, "hole") || !strcmp(kind, "twice"))
		sparse_size = 64 * MIB;
	else if (!strcmp(kind, "dwarfs")) {
		sparse_size = 64 * MIB;
		regions->size = 8;
	} else {
		return 0;
	}
	if (!strcmp(kind, "hole"))
		regions->offset = sizeof(struct file);
	regions->room = (uint32_t)((sparse_size - regions->offset) /
				   regions->size);
	regions->used = regions->room;
	if (!strcmp(kind, "twice"))	/* the same bytes in two tables */
		header->callsites = (struct ul_stat_table){
			regions->offset, 1792, 37000, 37000, 0 };
	return 1;
}

/* Make it bad in one way. Returns the length to write, or 0: no such kind. */
static size_t spoil(struct file *file, const char *kind)
{
	struct ul_stat_header *header = &file->header;
	size_t length = sizeof(*file);

	if (!strcmp(kind, "good"))
		return length;
	if (!strcmp(kind, "ended"))
		header->end_ns = header->start_ns + 2500000000;
	else if (!strcmp(kind, "largest"))
		header->lazy_bytes_now = UINT64_MAX;
	else if (!strcmp(kind, "reused"))
		header->start_ticks++;
	else if (!strcmp(kind, "later")) {
		header->totals.faults_read += 40;
		header->totals.stall_ns += 7000;
		file->regions[0].counters.faults_read += 40;
		header->latency[20] += 40;
	} else if (!strcmp(kind, "newer"))
		header->minor = 9;
	else if (spoil_fill(header, kind) || spoil_size(header, kind))
		return length;
	else if (!strcmp(kind, "quotes"))
		strcpy(header->command, "a \"\\\" \xc3\xa9");
	else if (!strcmp(kind, "empty"))
		return SIZE_MAX;
	else if (!strcmp(kind, "short"))
		length = 20;
	else if (!strcmp(kind, "magic"))
		header->magic[0] = 'x';
	else if (!strcmp(kind, "major"))
		header->major = UL_STAT_MAJOR + 1;
	else if (!strcmp(kind, "header-large"))
		header->header_size = UINT32_MAX;
	else if (!strcmp(kind, "header-small"))
		header->header_size = 8;
	else if (!strcmp(kind, "page-size"))
		header->page_size = 0;
	else if (!strcmp(kind, "table-offset"))
		header->regions.offset = UINT64_MAX - 8;
	else if (!strcmp(kind, "table-used"))
		header->rules.used = header->rules.room = UINT32_MAX;
	else if (!strcmp(kind, "table-size"))
		header->callsites.size = UINT32_MAX;
	else if (!strcmp(kind, "table-tiny"))
		header->regions.size = 0;
	else if (!strcmp(kind, "truncated"))
		length -= 64;
	else if (!strcmp(kind, "moving"))
		file->regions[0].seq = 3;
	else if (!strcmp(kind, "strings")) {
		/* No NUL anywhere, nothing that may reach a terminal. */
		memset(header->command, 0x1b, sizeof(header->command));
		memset(header->policy, 0xff, sizeof(header->policy));
		memset(file->regions[0].store, '\n', 48);
		memset(file->rules[0].name, 'r', 64);
		memset(file->callsites[0].frames[0].function, 0x80, 80);
		strcpy(file->rules[1].name, "\xc2\x9b" "31m\x9b" "32m");
	} else if (!strcmp(kind, "indices")) {
		file->regions[0].rule = 1000000;
		file->regions[0].callsite = 1000000;
		file->regions[0].call = 1000000;
		file->callsites[0].n_frames = 1000000;
		header->rung = 1000000;
		memset(header->latency, 0xff, sizeof(header->latency));
	} else
		return 0;
	return length;
}

int main(int argc, char **argv)
{
	static struct file file;
	unsigned int pid = DEAD_PID;
	size_t length;
	FILE *out;

	if (argc < 3)
		return 2;
	if (argc > 3)
		pid = (unsigned int)strtoul(argv[3], NULL, 10);
	fill(&file, pid);
	length = spoil(&file, argv[2]);
	if (length == 0)
		return 2;
	out = fopen(argv[1], "w");
	if (!out)
		return 1;
	if (length != SIZE_MAX && fwrite(&file, length, 1, out) != 1)
		return 1;
	if (sparse_size &&
	    (fflush(out) != 0 ||
	     ftruncate(fileno(out), (off_t)sparse_size) != 0))
		return 1;
	return fclose(out) == 0 ? 0 : 1;
}
