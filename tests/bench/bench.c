/* SPDX-License-Identifier: MIT */
/* bench.c - see bench.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_die(const char *what)
{
	perror(what);
	exit(1);
}

static void *room(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		bench_die("mmap");
	return memory;
}

uint32_t *bench_order(uint32_t n, uint64_t seed)
{
	uint32_t *order = room(n * sizeof(*order));

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = (uint32_t)(bench_mix(seed + i) % i);
		uint32_t last = order[i - 1];

		order[i - 1] = order[other];
		order[other] = last;
	}
	return order;
}

uint64_t *bench_times(size_t n)
{
	return room(n * sizeof(uint64_t));
}

const char *bench_map(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	const char *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		bench_die(path);
	*length = (size_t)status.st_size;
	bytes = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		bench_die(path);
	close(fd);
	return bytes;
}

void bench_pin(void)
{
	cpu_set_t may, one;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(may), &may) < 0)
		bench_die("sched_getaffinity");
	while (!CPU_ISSET(cpu, &may))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		bench_die("sched_setaffinity");
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void bench_print(uint64_t *times, size_t n, uint64_t total, uint64_t sum)
{
	static const struct {
		const char *name;
		unsigned int per_mille;
	} marks[] = { { "min", 0 },    { "q1", 250 },  { "median", 500 },
		      { "q3", 750 },   { "p90", 900 }, { "p99", 990 },
		      { "p999", 999 }, { "max", 1000 } };

	printf("{ \"n\": %zu", n);
	if (n) {
		qsort(times, n, sizeof(*times), by_size);
		for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
			printf(", \"%s\": %" PRIu64, marks[i].name,
			       times[(n - 1) * marks[i].per_mille / 1000]);
	}
	printf(", \"total\": %" PRIu64 ", \"sum\": %" PRIu64 " }\n", total, sum);
}
