/* SPDX-License-Identifier: MIT */
/*
 * stub_numbers.c FILE - which numbers the descriptors of FILE's streams have
 *
 * A stream has the lowest number that is free, fopen(3) needs no other one, and
 * freopen(3) keeps it. It knows nothing of stubs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/check.h"

static const char *name;

static int lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY);

	CHECK(fd >= 0 && close(fd) == 0);
	return fd;
}

static bool reads(FILE *stream)
{
	char line[200];

	rewind(stream);
	return fgets(line, sizeof(line), stream) &&
	       !strncmp(line, "line 0 ", 7);
}

static void of_fopen(void)
{
	int fd = lowest_free();
	FILE *stream = fopen(name, "r"), *other;

	CHECK(stream && fileno(stream) == fd && reads(stream));
	CHECK(!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
	other = fopen64(name, "rme");
	CHECK(other && fileno(other) == fd + 1 && reads(other));
	CHECK(fcntl(fd + 1, F_GETFD) & FD_CLOEXEC);
	CHECK(lowest_free() == fd + 2);
	CHECK(fclose(stream) == 0 && lowest_free() == fd && reads(other));
	CHECK(fclose(other) == 0);
	fd = open(name, O_RDONLY);
	stream = fdopen(fd, "r");
	CHECK(stream && fileno(stream) == fd && reads(stream));
	CHECK(fclose(stream) == 0 && lowest_free() == fd);
}

/* A copy of the descriptor has its position. */
static void of_a_copy(void)
{
	FILE *stream = fopen(name, "r");
	int copy;

	CHECK(stream && (copy = dup(fileno(stream))) >= 0);
	CHECK(fseek(stream, 1000, SEEK_SET) == 0 && fflush(stream) == 0);
	CHECK(lseek(copy, 0, SEEK_CUR) == 1000);
	CHECK(fclose(stream) == 0 && lseek(copy, 0, SEEK_CUR) == 1000);
	CHECK(close(copy) == 0);
}

/* One descriptor is free, and then none. */
static void of_the_last(void)
{
	struct rlimit limit, before;
	FILE *stream;

	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	limit = before;
	limit.rlim_cur = (rlim_t)lowest_free() + 1;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	stream = fopen(name, "r");
	CHECK(stream && reads(stream));
	CHECK(!fopen(name, "r") && reads(stream));
	CHECK(fclose(stream) == 0);
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

/* Another stream stands for standard input, and 0 is free. */
static void of_freopen(void)
{
	FILE *saved = stdin;
	int fd;

	stdin = fopen(name, "r");
	CHECK(stdin && (fd = fileno(stdin)) > 0);
	CHECK(close(STDIN_FILENO) == 0);
	CHECK(freopen(name, "re", stdin) && fileno(stdin) == fd);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC && reads(stdin));
	CHECK(lowest_free() == STDIN_FILENO);
	CHECK(freopen("/dev/null", "r", stdin) && fileno(stdin) == fd);
	CHECK(getchar() == EOF);
	CHECK(lowest_free() == STDIN_FILENO);
	stdin = saved;
}

/* The number is the program's to close. */
static void of_a_closed_one(void)
{
	FILE *stream = fopen(name, "r");

	CHECK(stream && fileno(stream) == STDIN_FILENO);
	CHECK(close(STDIN_FILENO) == 0);
	CHECK(freopen(name, "r", stdin) && fileno(stdin) == STDIN_FILENO);
	CHECK(reads(stdin) && fclose(stream) == 0);
	CHECK(lowest_free() == STDIN_FILENO);
}

/* What 0 has become is standard input. */
static void of_zero(void)
{
	FILE *stream = fopen(name, "r");

	CHECK(stream && fileno(stream) == STDIN_FILENO);
	CHECK(reads(stream) && reads(stdin));
	CHECK(fileno(stdin) == STDIN_FILENO);
	CHECK(fflush(stdin) == 0 && lseek(STDIN_FILENO, 0, SEEK_SET) == 0);
	execlp("head", "head", "-n", "1", (char *)NULL);
	CHECK(!"exec");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	name = argv[1];
	of_fopen();
	of_a_copy();
	of_the_last();
	of_freopen();
	of_a_closed_one();
	of_zero();
	return 1;
}
