/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what the engine's libraries open, no program inherits; and for what is
 * mapped they ask the thread's folder in /proc, and no other file is another.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check.h"

/* What is open there, as the kernel calls it. */
static void check_opens(const char *path, const char *wanted)
{
	int fd = open(path, O_RDONLY);
	char link[64], found[256];
	ssize_t length;

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, found, sizeof(found) - 1);
	CHECK(length > 0);
	found[length] = '\0';
	if (strcmp(found, wanted) != 0)
		fprintf(stderr, "%s opens %s\n", path, found);
	CHECK(!strcmp(found, wanted));
	close(fd);
}

int main(void)
{
	char folder[] = "/tmp/uffdlazy-open.XXXXXX";
	char path[64], wanted[512];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)getpid());
	snprintf(wanted, sizeof(wanted), "/proc/%d/task/%d/maps", (int)getpid(),
		 (int)gettid());
	check_opens(path, wanted);
	check_opens("/dev/null", "/dev/null");
	snprintf(path, sizeof(path), "/proc/%d/status", (int)getpid());
	check_opens(path, path);

	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	fd = open("maps", O_WRONLY | O_CREAT | O_EXCL, 0640);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(getcwd(wanted, sizeof(wanted) - 8));
	strcat(wanted, "/maps");
	check_opens("/proc/self/cwd/maps", wanted);
	CHECK(unlink("maps") == 0 && rmdir(folder) == 0);
	return 0;
}
