/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork's child, whose tables lie in its parent's file, lays them into
 * one of its own, or into the same: it has what they held, and the parent's file
 * stays as it was.
 */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"
#include "tests/unit/check.h"

#define FILE_SIZE ((uint64_t)1 << 20)
#define RULES ((uint64_t)64 << 10)	/* where they begin */

static struct ul_stat_header *header;
static int held, times;			/* nobody enters a call site then */

/* What stats_memory.c needs of the engine. */
size_t ul_page_size = 4096;

struct ul_stat_header *ul_stats_header(void)
{
	return header;
}

void ul_stats_callsites_hold(void)
{
	CHECK_EQ(held++, 0);
}

void ul_stats_callsites_let_go(void)
{
	CHECK_EQ(--held, 0);
	times++;
}

void ul_stats_file_lost(void)
{
	CHECK(0);
}

static struct ul_stat_rule *rules(void)
{
	return (struct ul_stat_rule *)((char *)header + RULES);
}

static void fill(void)
{
	header->file_size = FILE_SIZE;
	header->rules.offset = RULES;
	header->rules.size = sizeof(struct ul_stat_rule);
	header->rules.used = 2;
	strcpy(rules()[1].name, "second");
}

static void check_filled(void)
{
	CHECK_EQ(header->file_size, FILE_SIZE);
	CHECK_EQ(header->rules.used, 2);
	CHECK(strcmp(rules()[1].name, "second") == 0);
}

int main(void)
{
	int fd = memfd_create("stats", 0), other = memfd_create("other", 0);
	struct ul_stat_header in_file;

	header = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(fd >= 0 && other >= 0 && header != MAP_FAILED);
	fill();
	CHECK(ul_stats_lay_file(fd));
	check_filled();
	CHECK(ul_stats_lay_file(fd));
	check_filled();
	/* Another takes its place, and the first keeps what it had. */
	CHECK(ul_stats_lay_file(other));
	check_filled();
	header->rules.used = 0;
	CHECK_EQ(pread(fd, &in_file, sizeof(in_file), 0), sizeof(in_file));
	CHECK_EQ(in_file.rules.used, 2);
	CHECK_EQ(times, 3);
	return 0;
}
