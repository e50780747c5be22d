/* SPDX-License-Identifier: MIT */
/*
 * toucher.c - touches a mapped file and a block in an order of its own
 *
 *      toucher FILE [fixed] [wait PAGES] [limit] [fork] [late] [block PAGES] [hang]
 *
 * fixed: the file is mapped over a reservation, by MAP_FIXED, and moved from
 * there. wait: first wait until that many pages of the file are there, as mincore(2)
 * has it, though nobody has touched them. limit: no file may have more than a
 * page from here on. fork: a child touches, too, another part, before, and unmaps
 * it all. late: a child that is made when exit(3) has all but ended touches a
 * block of its own, and that part. block: a block of malloc's as well, written in
 * every fourth page and read in the rest, when PAGES of it are there. hang: say
 * "ready" when done, and sleep. Prints a sum of what it has read.
 */
#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u
#define BLOCK ((size_t)4 << 20)

/* In the other build the function lies elsewhere. */
#ifdef REBUILT
#define PLACE __attribute__((noinline, section(".text.unlikely")))
#else
#define PLACE __attribute__((noinline))
#endif

static uint64_t sum;
static unsigned char *at;		/* the file */
static size_t length;

PLACE static void map_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		exit(3);
	length = (size_t)st.st_size;
	at = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		exit(3);
	close(fd);
}

PLACE static void map_fixed(const char *path)
{
	int fd = open(path, O_RDONLY);
	unsigned char *room;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		exit(3);
	length = (size_t)st.st_size;
	room = mmap(NULL, 2 * (length + PAGE), PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED ||
	    mmap(room, length, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != room)
		exit(3);
	close(fd);
	at = mremap(room, length, length, MREMAP_MAYMOVE | MREMAP_FIXED,
		    room + (length / PAGE + 1) * PAGE);
	if (at == MAP_FAILED)
		exit(3);
}

static size_t present(void *start, size_t bytes)
{
	size_t head = (uintptr_t)start % PAGE;
	size_t pages = (head + bytes + PAGE - 1) / PAGE, n = 0;
	unsigned char *map = malloc(pages);

	if (!map || mincore((char *)start - head, head + bytes, map) < 0)
		exit(3);
	for (size_t i = 0; i < pages; i++)
		n += map[i] & 1;
	free(map);
	return n;
}

static void wait_for(void *start, size_t bytes, size_t wanted)
{
	struct timespec moment = { 0, 1000000 };

	while (present(start, bytes) < wanted)
		nanosleep(&moment, NULL);
}

/* The last fifth is never touched but by the child. */
static void touch_file(void)
{
	size_t n = length / 65536 * 4 / 5;

	for (size_t i = 0; i < n; i++)
		sum = sum * 31 + at[i * 7919 % n * 65536 + i % 65536];
	sum = sum * 31 + at[length - 1];
}

__attribute__((noinline)) static unsigned char *make_block(void)
{
	unsigned char *block = malloc(BLOCK);

	if (!block)
		exit(3);
	return block;
}

static void touch_block(size_t wanted)
{
	unsigned char *fresh = make_block();
	volatile unsigned char *block = fresh;

	wait_for(fresh, BLOCK, wanted);
	for (size_t i = BLOCK / PAGE; i-- > 0;) {
		if (i % 4 == 0)
			block[i * PAGE] = (unsigned char)i;
		else
			sum += block[i * PAGE];
	}
}

static void limit_files(void)
{
	struct rlimit limit = { PAGE, PAGE };

	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		exit(3);
}

static void touch_last_part(void)
{
	(void)*(volatile unsigned char *)(at + length / 10 * 9);
}

static void touch_in_child(void)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		exit(3);
	if (child == 0) {
		touch_last_part();
		munmap(at + PAGE, PAGE);
		munmap(at, length);
		exit(0);
	}
	if (waitpid(child, &status, 0) < 0 || status != 0)
		exit(4);
}

/* The last flush of exit(3): the library was told of the end before. */
static ssize_t touch_late(void *cookie, const char *bytes, size_t n)
{
	pid_t child = fork();
	int status;

	(void)cookie;
	(void)bytes;
	if (child == 0) {
		touch_block(0);
		touch_last_part();
		munmap(at, length);	/* the fill is noted by then */
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
		_exit(4);
	return (ssize_t)n;
}

static void prepare_late(void)
{
	FILE *last = fopencookie(NULL, "w", (cookie_io_functions_t){
						    .write = touch_late });

	if (!last || fputs("last", last) < 0)
		exit(3);
}

int main(int argc, char **argv)
{
	bool hang = false, block = false, forks = false, limit = false;
	size_t wanted = 0, wanted_block = 0;

	if (argc > 2 && !strcmp(argv[2], "fixed"))
		map_fixed(argv[1]);
	else
		map_file(argv[1]);
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "wait"))
			wanted = strtoul(argv[++i], NULL, 10);
		hang |= !strcmp(argv[i], "hang");
		if (!strcmp(argv[i], "block")) {
			block = true;
			wanted_block = strtoul(argv[++i], NULL, 10);
		}
		forks |= !strcmp(argv[i], "fork");
		limit |= !strcmp(argv[i], "limit");
		if (!strcmp(argv[i], "late"))
			prepare_late();
	}
	wait_for(at, length, wanted);
	if (limit)
		limit_files();
	if (forks)
		touch_in_child();
	touch_file();
	if (block)
		touch_block(wanted_block);
	printf("%llu\n", (unsigned long long)sum);
	if (hang) {
		puts("ready");
		fflush(stdout);
		pause();
	}
	return 0;
}
