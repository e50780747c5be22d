/* SPDX-License-Identifier: MIT */
/*
 * victim.c - programs that know nothing of lazy memory, and time themselves
 *
 *	random FILE SEED COUNT [THREADS]
 *		touch COUNT pieces of 64 KiB in a random order, one page in
 *		each; the time of every touch
 *	pages FILE SEED COUNT
 *		read COUNT random pages of 4 KiB
 *	scan FILE
 *		sum the file's 64-bit words
 *	work FILE SEED PER_MILLE PAUSE_NS
 *		touch that part of the pieces of 64 KiB in a random order, the
 *		same for the same seed, one page in each, and compute for
 *		PAUSE_NS after it; all from before the file is mapped
 *	write MIB
 *		write to every page of fresh memory, small pages only
 *	malloc COUNT
 *		that many pairs of malloc and free of 64 bytes
 *	memory FILE SEED COUNT
 *		like pages; then what this process has in memory that is its
 *		own (written, or never in a file), but for the file's mapping
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/bench/bench.h"

#define THREADS_MAX 16

struct walk {
	pthread_t thread;
	const char *bytes;
	const uint32_t *order;
	uint64_t *times;
	uint32_t from, to;
	uint64_t sum;
};

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

static uint64_t touch(const char *at)
{
	return *(const volatile unsigned char *)at;
}

/* One page of a piece, which one is always the same. */
static const char *page_in(const char *bytes, uint32_t piece)
{
	return bytes + piece * PIECE + bench_mix(piece) % (PIECE / PAGE) * PAGE;
}

static pthread_barrier_t all_ready;

static void *walk_main(void *argument)
{
	struct walk *walk = argument;

	pthread_barrier_wait(&all_ready);
	for (uint32_t i = walk->from; i < walk->to; i++) {
		const char *at = page_in(walk->bytes, walk->order[i]);
		uint64_t start = bench_now();

		walk->sum += touch(at);
		walk->times[i] = bench_now() - start;
	}
	return NULL;
}

static void random_pieces(int argc, char **argv)
{
	static struct walk walks[THREADS_MAX];
	size_t length;
	const char *bytes = bench_map(argv[2], &length);
	uint32_t pieces = (uint32_t)(length / PIECE);
	uint32_t count = (uint32_t)number(argv[4]);
	uint32_t threads = argc > 5 ? (uint32_t)number(argv[5]) : 1;
	uint32_t *order = bench_order(pieces, number(argv[3]));
	uint64_t sum = 0;
	uint64_t start;
	uint64_t *times;

	if (count > pieces)
		count = pieces;
	if (threads < 1 || threads > THREADS_MAX)
		threads = 1;
	times = bench_times(count);
	pthread_barrier_init(&all_ready, NULL, threads);
	start = bench_now();
	for (uint32_t i = 0; i < threads; i++) {
		walks[i].bytes = bytes;
		walks[i].order = order;
		walks[i].times = times;
		walks[i].from = (uint32_t)((uint64_t)count * i / threads);
		walks[i].to = (uint32_t)((uint64_t)count * (i + 1) / threads);
		if (i + 1 < threads &&
		    pthread_create(&walks[i].thread, NULL, walk_main, &walks[i]))
			bench_die("pthread_create");
	}
	walk_main(&walks[threads - 1]);
	for (uint32_t i = 0; i < threads; i++) {
		if (i + 1 < threads)
			pthread_join(walks[i].thread, NULL);
		sum += walks[i].sum;
	}
	bench_print(times, count, bench_now() - start, sum);
}

static void pages(char **argv)
{
	size_t length;
	const char *bytes = bench_map(argv[2], &length);
	uint64_t seed = number(argv[3]);
	uint64_t count = number(argv[4]);
	uint64_t start = bench_now();
	uint64_t sum = 0;

	for (uint64_t i = 0; i < count; i++)
		sum += touch(bytes + bench_mix(seed + i) % (length / PAGE) * PAGE);
	bench_print(NULL, 0, bench_now() - start, sum);
}

static void scan(char **argv)
{
	size_t length;
	uint64_t start = bench_now();
	const char *bytes = bench_map(argv[2], &length);
	const uint64_t *words = (const uint64_t *)bytes;
	uint64_t sum = 0;

	for (size_t i = 0; i < length / sizeof(*words); i++)
		sum += words[i];
	bench_print(NULL, 0, bench_now() - start, sum);
}

static uint64_t compute(uint64_t sum, uint64_t pause)
{
	uint64_t start = bench_now();

	while (bench_now() - start < pause)
		for (int i = 0; i < 64; i++)
			sum = bench_mix(sum);
	return sum;
}

static void work(char **argv)
{
	uint64_t start = bench_now();
	size_t length;
	const char *bytes = bench_map(argv[2], &length);
	uint32_t all = (uint32_t)(length / PIECE);
	uint32_t count = (uint32_t)(all * number(argv[4]) / 1000);
	uint64_t pause = number(argv[5]);
	uint32_t *order = bench_order(all, number(argv[3]));
	uint64_t *times = bench_times(count);
	uint64_t sum = 0, computed = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t before = bench_now();

		sum += touch(page_in(bytes, order[i]));
		times[i] = bench_now() - before;
		computed = compute(sum + computed, pause);
	}
	bench_print(times, count, bench_now() - start, sum);
}

static void write_pages(char **argv)
{
	size_t length = number(argv[2]) << 20;
	char *bytes = mmap(NULL, length, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start;

	if (bytes == MAP_FAILED)
		bench_die("mmap");
	madvise(bytes, length, MADV_NOHUGEPAGE);
	start = bench_now();
	for (size_t at = 0; at < length; at += PAGE)
		*(volatile char *)(bytes + at) = 1;
	bench_print(NULL, 0, bench_now() - start, 0);
}

static void pairs(char **argv)
{
	for (uint64_t i = number(argv[2]); i > 0; i--) {
		void *volatile block = malloc(64);

		free(block);
	}
}

/* Kilobytes that are this process's own: written pages of any mapping, and
 * all of those that are in no file, but for the mapping at skip. */
static uint64_t own_kilobytes(uint64_t skip)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	uint64_t kilobytes = 0, start = 0, end = 0, n = 0;
	char line[512];

	if (!smaps)
		bench_die("/proc/self/smaps");
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2)
			continue;
		if (skip >= start && skip < end)
			continue;
		if (sscanf(line, "Private_Dirty: %" SCNu64, &n) == 1 ||
		    sscanf(line, "Shared_Dirty: %" SCNu64, &n) == 1)
			kilobytes += n;
	}
	fclose(smaps);
	return kilobytes;
}

static void memory(char **argv)
{
	size_t length;
	const char *bytes = bench_map(argv[2], &length);
	uint64_t seed = number(argv[3]);
	uint64_t count = number(argv[4]);
	uint64_t sum = 0;

	for (uint64_t i = 0; i < count; i++)
		sum += touch(bytes + bench_mix(seed + i) % (length / PAGE) * PAGE);
	printf("{ \"pages\": %zu, \"kilobytes\": %" PRIu64 ", \"sum\": %" PRIu64
	       " }\n",
	       length / PAGE, own_kilobytes((uintptr_t)bytes), sum);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "random") == 0 && argc >= 5)
		random_pieces(argc, argv);
	else if (strcmp(what, "pages") == 0 && argc == 5)
		pages(argv);
	else if (strcmp(what, "scan") == 0 && argc == 3)
		scan(argv);
	else if (strcmp(what, "work") == 0 && argc == 6)
		work(argv);
	else if (strcmp(what, "write") == 0 && argc == 3)
		write_pages(argv);
	else if (strcmp(what, "malloc") == 0 && argc == 3)
		pairs(argv);
	else if (strcmp(what, "memory") == 0 && argc == 5)
		memory(argv);
	else
		return 2;
	return 0;
}
