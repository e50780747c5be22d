/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a stub whose bytes cannot be had once is served as soon as they can:
 * for want of descriptors at the next read, and without its blob when it is
 * opened again after that came back. See stub-again.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/check.h"

#define FULL 32

static int open_it(const char *path)
{
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	return fd;
}

static void check_fails(int fd)
{
	char text[5];

	CHECK(pread(fd, text, sizeof(text), 0) == -1);
	CHECK(errno == EIO);
}

static void check_reads(int fd)
{
	char text[5];

	CHECK(pread(fd, text, sizeof(text), 0) == 5);
	CHECK(memcmp(text, "line ", 5) == 0);
}

static void check_descriptors(const char *stub)
{
	struct rlimit limit = { FULL, FULL };
	int taken[FULL], n = 0, fd;

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (n < FULL && (taken[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	CHECK(errno == EMFILE);
	close(taken[--n]);
	fd = open_it(stub);
	check_fails(fd);
	close(taken[--n]);		/* its folder needs one, and its blob */
	check_fails(fd);
	close(taken[--n]);
	check_reads(fd);
	close(fd);
	while (n > 0)
		close(taken[--n]);
	fd = open_it(stub);
	check_reads(fd);
	close(fd);
}

static void check_blob(const char *stub, const char *blob, const char *aside)
{
	int fd, later;

	CHECK(rename(blob, aside) == 0);
	fd = open_it(stub);
	check_fails(fd);
	CHECK(rename(aside, blob) == 0);
	check_fails(fd);		/* a read does not look again */
	later = open_it(stub);
	check_reads(later);
	check_reads(fd);
	close(later);
	close(fd);
}

int main(int argc, char **argv)
{
	CHECK(argc == 5);
	check_descriptors(argv[1]);
	check_blob(argv[2], argv[3], argv[4]);
	return 0;
}
