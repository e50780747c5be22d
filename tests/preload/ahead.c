/* SPDX-License-Identifier: MIT */
/*
 * Rationale: threads that fill ahead are made when something is read in sequence,
 * not for a program that does no such thing; its start, and each of its forks,
 * is shorter without them. A fork's child begins without, too.
 *
 * modes: file blob
 */
#include "config.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>

#include "tests/preload/victim.h"

static unsigned int workers(void)
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
			 !strcmp(name, "uffdlazy-ahead\n");
		fclose(file);
	}
	closedir(tasks);
	return count;
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
	int status;
	pid_t child;

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
