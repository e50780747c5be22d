/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a child that a raw system call made has no lazy memory (a
 * limitation: uffdlazy(7)), and nobody in it answers the library. It has what
 * was there, can resize and free it, and ends.
 */
#include "config.h"

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#define LENGTH (1 * MIB)

static char *block, *other;

static int child(void)
{
	char *memory;

	block = launder(realloc(block, 4 * LENGTH));
	CHECK(block[0] == 'w' && block[LENGTH - 1] == 'w');
	block = launder(realloc(block, LENGTH / 2));
	CHECK(block[0] == 'w' && block[LENGTH / 2 - 1] == 'w');
	free(block);
	free(other);
	memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	memset(memory, 'm', LENGTH);
	CHECK(munmap(memory, LENGTH) == 0);
	return 0;
}

int main(void)
{
	pid_t pid;

	block = allocate(LENGTH);
	other = allocate(LENGTH);
	memset(block, 'w', LENGTH);
	pid = (pid_t)raw(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
	if (pid == 0)
		_exit(child());
	wait_for(pid);
	free(block);
	free(other);
	return 0;
}
