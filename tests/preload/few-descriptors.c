/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program that may open no more descriptors, or hardly any, has
 * the right bytes in its memory.
 *
 * under: prlimit --nofile=8
 * lazy: no
 * quiet: no
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	struct rlimit none = { 3, 8 }, some = { 8, 8 };
	char *memory, *file;
	pid_t pid;
	int fd = open_file();

	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	/* What memory has to hold may be out of reach now: an error, then. It
	 * is not out of reach for good. */
	memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		CHECK(has_store() && errno == EIO);
		CHECK(setrlimit(RLIMIT_NOFILE, &some) == 0);
		memory = map_anonymous(LENGTH);
		CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	}
	file = mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(file != MAP_FAILED);
	CHECK(holds(memory, memory_at, 0, LENGTH / 2));
	CHECK(holds(file, file_at, 0, LENGTH / 2));
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, LENGTH));
		CHECK(holds(file, file_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	return 0;
}
