/* SPDX-License-Identifier: MIT */
/*
 * waiter.c - touch a file's frames, and time each touch
 *
 *	waiter FILE FRAME
 *
 * Maps FILE twice. A thread touches two frames of the first mapping; then two
 * threads touch the same page of a frame of the second at once. Each prints its
 * name, its number and how long its touches took: the truth, as far as a
 * program can know it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const char *first, *second;
static size_t frame;
static pthread_barrier_t together;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t touch(volatile const char *at)
{
	uint64_t begin = now();

	(void)*at;
	return now() - begin;
}

static void tell(const char *name, uint64_t ns)
{
	printf("%s %ld %llu\n", name, (long)syscall(SYS_gettid),
	       (unsigned long long)ns);
}

static void *alone(void *unused)
{
	uint64_t ns = touch(first) + touch(first + frame);

	tell("alone", ns);
	return unused;
}

static void *beside(void *name)
{
	uint64_t ns;

	pthread_barrier_wait(&together);
	ns = touch(second);
	tell(name, ns);
	return NULL;
}

static volatile const char *map(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *memory;

	if (fd < 0 || fstat(fd, &st) != 0)
		exit(1);
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (memory == MAP_FAILED)
		exit(1);
	return memory;
}

int main(int argc, char **argv)
{
	pthread_t threads[3];

	if (argc != 3)
		return 2;
	frame = strtoul(argv[2], NULL, 10);
	first = map(argv[1]);
	second = map(argv[1]);
	pthread_barrier_init(&together, NULL, 2);
	pthread_create(&threads[0], NULL, alone, NULL);
	pthread_join(threads[0], NULL);
	pthread_create(&threads[1], NULL, beside, (void *)"left");
	pthread_create(&threads[2], NULL, beside, (void *)"right");
	pthread_join(threads[1], NULL);
	pthread_join(threads[2], NULL);
	return 0;
}
