/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the summary at exit is six lines at the most, and its last one is
 * advice only where the numbers are clear: what a run waits for must be worth
 * it, and the remedy must be the right one. The numbers are made up here, for
 * no test can rely on a run's times.
 */
#include "config.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "preload/engine/engine.h"
#include "preload/engine/log.h"
#include "preload/engine/stats.h"
#include "tests/unit/check.h"

#define MS UINT64_C(1000000)
#define MIB (UINT64_C(1) << 20)

static struct {
	struct ul_stat_header header;
	struct ul_stat_callsite sites[5];
	struct ul_stat_thread threads[2];
} file;
static int processors;
static char lines[16][512];
static int n_lines;

/* What summary.c needs of the engine and the machine. */
struct ul_stat_header *ul_stats_header(void)
{
	return &file.header;
}

uint64_t ul_now_ns(void)
{
	return 1000 * MS;
}

void ul_log(enum ul_level level, const char *format, ...)
{
	va_list arguments;

	(void)level;
	va_start(arguments, format);
	vsnprintf(lines[n_lines++], sizeof(lines[0]), format, arguments);
	va_end(arguments);
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	(void)pid;
	memset(set, 0, size);
	for (int i = 0; i < processors; i++)
		CPU_SET((size_t)i, set);
	return 0;
}

/* A second's run that waited 300 ms for 2 MiB of frames, of 8 MiB. */
static void make_run(void)
{
	struct ul_stat_header *header = &file.header;

	memset(&file, 0, sizeof(file));
	processors = 2;
	header->regions_made = 3;
	header->lazy_bytes = 8 * MIB;
	header->totals.faults_read = 100;
	header->totals.filled_bytes = 2 * MIB;
	header->totals.stall_ns = 300 * MS;
	header->latency[40] = 100;
	header->callsites.offset = (size_t)((char *)file.sites - (char *)&file);
	header->threads.offset = (size_t)((char *)file.threads - (char *)&file);
	header->threads.used = 2;
	file.threads[1].stall_ns = 300 * MS;
}

/* A call site of so many MiB, of which some were never touched. */
static void add_site(const char *function, uint64_t lazy, uint64_t never)
{
	struct ul_stat_table *table = &file.header.callsites;
	struct ul_stat_callsite *site = &file.sites[table->used++];

	snprintf(site->frames[0].function, sizeof(site->frames[0].function),
		 "%s", function);
	site->frames[0].pc = 0x1000 + table->used;
	site->n_frames = 1;
	site->lazy_bytes = lazy * MIB;
	site->counters.filled_bytes = (lazy - never) * MIB;
	site->counters.zero_bytes = site->counters.filled_bytes;
}

/* What was given back may have been touched twice. */
static void test_at_least(void)
{
	make_run();
	add_site("table", 64, 24);
	n_lines = 0;
	ul_summary_print();
	CHECK(!strncmp(lines[2], "24.0 MiB of 64.0 MiB (37 %) never", 33));
	file.sites[0].counters.discarded_bytes = 4096;
	n_lines = 0;
	ul_summary_print();
	CHECK(!strncmp(lines[2], "at least 24.0 MiB of 64.0 MiB", 29));
}

static const char *last_line(void)
{
	n_lines = 0;
	ul_summary_print();
	return n_lines ? lines[n_lines - 1] : "";
}

static bool advises(const char *text)
{
	const char *last = last_line();

	if (!text)
		return strncmp(last, "advice: ", 8) == 0;
	return !strncmp(last, "advice: ", 8) && strstr(last, text);
}

static void test_replay(void)
{
	make_run();
	/* 700 ms of work hide 300 ms of waiting, but for the first fault. */
	CHECK(advises("a replay would remove up to 99 % of that wait"));
	file.header.totals.faults_read = 20;
	CHECK(advises("up to 95 %"));

	/* A scan computes nothing that could hide it. */
	make_run();
	file.header.totals.stall_ns = file.threads[1].stall_ns = 700 * MS;
	CHECK(!advises(NULL));
	/* Two threads have waited in turn: work for twice that time. */
	make_run();
	file.header.totals.stall_ns = 2000 * MS;
	CHECK(!advises(NULL));
	/* Not worth it; not known; a replay already; nowhere to do it. */
	make_run();
	file.header.totals.stall_ns = file.threads[1].stall_ns = 100 * MS;
	CHECK(!advises(NULL));
	make_run();
	file.header.totals.faults_read = 10;
	CHECK(!advises(NULL));
	make_run();
	file.header.totals.replayed_bytes = MIB;
	CHECK(!advises(NULL));
	make_run();
	processors = 1;
	CHECK(!advises(NULL));
	/* Zeros are made as fast as they are replayed. */
	make_run();
	file.header.totals.zero_bytes = 2 * MIB;
	CHECK(!advises(NULL));
}

static void test_other_advice(void)
{
	make_run();
	file.header.totals.filled_bytes = 7 * MIB;
	CHECK(advises("unpacking it beforehand is faster"));
	make_run();
	file.header.totals.readahead_bytes = 3 * MIB / 2;
	file.header.totals.readahead_used_bytes = MIB / 8;
	CHECK(advises("\"readahead\": \"off\""));
	make_run();
	file.header.totals.stall_ns = 0;
	add_site("build_index", 100, 94);
	CHECK(advises("build_index asks for 100.0 MiB; 94 % is never touched"));
}

static void test_lines(void)
{
	make_run();
	file.header.direct_bytes = 4 * MIB;
	add_site("some", 10, 5);
	add_site("most", 20, 19);
	add_site("none", 10, 0);
	add_site("less", 10, 3);
	add_site("more", 10, 8);
	CHECK(advises("replay"));
	CHECK_EQ(n_lines, 6);
	CHECK(strstr(lines[0], "lazy 8.0 MiB in 3 regions, filled 2.0 MiB "
			       "(25 %); direct 4.0 MiB"));
	/* In the middle of a bucket that begins at 262,144 ns, and of one that
	 * begins at 8,388,608; each is a quarter as long. */
	file.header.latency[40] = 98;
	file.header.latency[60] = 2;
	n_lines = 0;
	ul_summary_print();
	CHECK(strstr(lines[1], "100 faults, median 296 us, p99 9.4 ms, "));
	CHECK(strstr(lines[1], "stalled 300 ms (30 % of the run)"));
	CHECK(strstr(lines[2], "19.0 MiB of 20.0 MiB (95 %) never touched: "
			       "most"));
	CHECK(strstr(lines[3], ": more"));
	CHECK(strstr(lines[4], ": some"));

	/* What went wrong is more than advice. */
	file.header.totals.poisoned_bytes = 4096;
	CHECK(strstr(last_line(), "4.0 KiB could not be filled"));
	CHECK_EQ(n_lines, 6);

	/* What was touched but for a little is no news. */
	make_run();
	add_site("nearly", 100, 4);
	file.header.totals.faults_read = 1;
	last_line();
	CHECK_EQ(n_lines, 2);
	CHECK(strstr(lines[1], "1 fault, "));
}

int main(void)
{
	test_at_least();
	test_replay();
	test_other_advice();
	test_lines();
	return 0;
}
