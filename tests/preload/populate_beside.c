/* SPDX-License-Identifier: MIT */
/*
 * populate_beside.c - the program of populate-stuck.sh
 *
 *	populate_beside shared|over [locked]
 *
 * A thread maps the second MiB of slow/data, which does not come, with
 * MAP_POPULATE (or MAP_LOCKED): shared, or over other memory. While it waits in the
 * kernel another one maps memory, unmaps it, forks, and lets the bytes come.
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check.h"

#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)4096)

static char *over;			/* NULL: shared */
static int now;				/* MAP_POPULATE or MAP_LOCKED */
static atomic_int thread_id;
static char *memory;

static void *populate(void *argument)
{
	int fd = open("slow/data", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	thread_id = (int)syscall(SYS_gettid);
	if (over)
		memory = mmap(over, MIB, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_FIXED | now, fd, MIB);
	else
		memory = mmap(NULL, MIB, PROT_READ, MAP_SHARED | now, fd, MIB);
	CHECK(memory != MAP_FAILED);
	close(fd);
	return argument;
}

/* Is the thread asleep in the call that brings the pages? */
static bool waits(void)
{
	int id = thread_id, call = -1;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", id);
	file = id ? fopen(path, "re") : NULL;
	if (file && fscanf(file, "%d", &call) != 1)
		call = -1;		/* "running" */
	if (file)
		fclose(file);
	else if (id)
		SKIP("kernel: no /proc/PID/syscall");
	return call == SYS_mmap || call == SYS_madvise || call == SYS_mlock;
}

static void use_memory(void)
{
	char *other = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	CHECK(other != MAP_FAILED && other[MIB] == 0);
	CHECK(munmap(other, 2 * MIB) == 0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(int argc, char **argv)
{
	unsigned char present[MIB / PAGE];
	pthread_t thread;

	CHECK(argc >= 2);
	now = argc > 2 ? MAP_LOCKED : MAP_POPULATE;
	if (strcmp(argv[1], "over") == 0) {
		over = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(over != MAP_FAILED);
		over[2 * MIB] = 'w';
	}
	CHECK(pthread_create(&thread, NULL, populate, NULL) == 0);
	while (!waits())
		usleep(1000);
	use_memory();
	CHECK(unlink("slow.stuck") == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(mincore(memory, MIB, present) == 0);
	for (size_t i = 0; i < MIB / PAGE; i++) {
		CHECK(present[i] & 1);
		CHECK_EQ(memory[i * PAGE], (char)(i + 1));
	}
	CHECK(!over || over[2 * MIB] == 'w');
	return 0;
}
