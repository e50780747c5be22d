/* SPDX-License-Identifier: MIT */
/*
 * toucher.c - touches a mapped file and a block in an order of its own
 *
 *      toucher FILE [wait PAGES] [fork] [block PAGES] [hang]
 *
 * wait: first wait until that many pages of the file are there, as mincore(2)
 * has it, though nobody has touched them. fork: a child touches, too, another
 * part, before. block: a block of malloc's as well, written in every fourth
 * page and read in the rest, when PAGES of it are there. hang: say "ready" when
 * done, and sleep. Prints a sum of what it has read.
 */
#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

PLACE static unsigned char *map_file(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0)
		exit(3);
	*length = (size_t)st.st_size;
	at = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		exit(3);
	close(fd);
	return at;
}

static size_t present(void *at, size_t length)
{
	size_t head = (uintptr_t)at % PAGE;
	size_t pages = (head + length + PAGE - 1) / PAGE, n = 0;
	unsigned char *map = malloc(pages);

	if (!map || mincore((char *)at - head, head + length, map) < 0)
		exit(3);
	for (size_t i = 0; i < pages; i++)
		n += map[i] & 1;
	free(map);
	return n;
}

static void wait_for(void *at, size_t length, size_t wanted)
{
	struct timespec moment = { 0, 1000000 };

	while (present(at, length) < wanted)
		nanosleep(&moment, NULL);
}

/* The last fifth is never touched but by the child. */
static void touch_file(const unsigned char *at, size_t length)
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

static void touch_in_child(const unsigned char *at, size_t length)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		exit(3);
	if (child == 0) {
		sum += at[length / 10 * 9];
		exit(0);
	}
	if (waitpid(child, &status, 0) < 0 || status != 0)
		exit(4);
}

int main(int argc, char **argv)
{
	bool hang = false, block = false, forks = false;
	size_t length, wanted = 0, wanted_block = 0;
	unsigned char *at = map_file(argv[1], &length);

	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "wait"))
			wanted = strtoul(argv[++i], NULL, 10);
		hang |= !strcmp(argv[i], "hang");
		if (!strcmp(argv[i], "block")) {
			block = true;
			wanted_block = strtoul(argv[++i], NULL, 10);
		}
		forks |= !strcmp(argv[i], "fork");
	}
	wait_for(at, length, wanted);
	if (forks)
		touch_in_child(at, length);
	touch_file(at, length);
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
