/* SPDX-License-Identifier: MIT */
/*
 * Rationale: threads that fill ahead are made when something is read in sequence,
 * not for a program that does no such thing; its start, and each of its forks,
 * is shorter without them. A fork's child begins without, too. Readers are all
 * there soon, one for each CPU, also where nothing is touched.
 *
 * modes: file blob
 */
#include "config.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>

#include "tests/preload/victim.h"

static unsigned int threads_named(const char *wanted)
{
	DIR *tasks = opendir("/proc/self/task");
	char path[300], name[32];
	unsigned int count = 0;
	struct dirent *task;
	FILE *file;

	CHECK(tasks);
	while ((task = readdir(tasks))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		count += fgets(name, sizeof(name), file) &&
			 !strcmp(name, wanted);
		fclose(file);
	}
	closedir(tasks);
	return count;
}

static unsigned int workers(void)
{
	return threads_named("uffdlazy-ahead\n");
}

static void await_readers(void)
{
	unsigned int wanted;
	cpu_set_t set;

	CHECK_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	wanted = (unsigned int)CPU_COUNT(&set);
	while (threads_named("uffdlazy-read\n") != (wanted < 8 ? wanted : 8))
		sched_yield();
}

/* What one fault brings is at most a granule: no two touch. */
static void read_here_and_there(void)
{
	char *memory = map_anonymous(PATTERN_LENGTH);

	for (size_t i = 9; i > 0; i--)
		CHECK_EQ((unsigned char)memory[i * 300 * KIB],
			 memory_at(i * 300 * KIB));
	CHECK_EQ(munmap(memory, PATTERN_LENGTH), 0);
}

static void read_in_sequence(void)
{
	char *memory = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);

	CHECK(holds(memory, file_at, 0, PATTERN_LENGTH));
	CHECK_EQ(munmap(memory, PATTERN_LENGTH), 0);
}

int main(void)
{
	char *untouched = map_anonymous(PATTERN_LENGTH);
	int status;
	pid_t child;

	await_readers();
	CHECK_EQ(munmap(untouched, PATTERN_LENGTH), 0);
	read_here_and_there();
	CHECK_EQ(workers(), 0);
	for (int times = 0; times < 2; times++) {
		read_in_sequence();
		while (workers() == 0)
			sched_yield();
		child = fork();
		CHECK(child >= 0);
		if (child == 0) {
			read_here_and_there();
			CHECK_EQ(workers(), 0);
			await_readers();
			read_in_sequence();
			while (workers() == 0)
				sched_yield();
			_exit(0);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK_EQ(status, 0);
	}
	return 0;
}
