/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a child does not have what MADV_DONTFORK keeps from it, and has
 * zeros where MADV_WIPEONFORK says so, also on pages that were missing.
 */
#include "config.h"

#include <malloc.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

/* What lies before a mapping that refuses is wiped all the same. */
static void check_up_to_a_file(bool lazy_file)
{
	char *memory = map_anonymous(LENGTH);
	size_t length = lazy_file ? LENGTH / 4 : PAGE;
	pid_t pid;
	int fd = open_file();

	CHECK(mmap(memory + LENGTH / 2, length, PROT_READ,
		   MAP_PRIVATE | MAP_FIXED, fd, 0) == memory + LENGTH / 2);
	close(fd);
	CHECK(madvise(memory, LENGTH, MADV_WIPEONFORK) == -1);
	CHECK(errno == EINVAL);
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory, zero_at, 0, LENGTH / 2));
		if (lazy_file)
			CHECK(holds(memory + LENGTH / 2, file_at, 0, length));
		_exit(0);
	}
	wait_for(pid);
}

#define BLOCKS 8

/* What it frees is its own, and nothing of the program's is unmapped. */
static void use_allocator(void)
{
	char *blocks[BLOCKS - 1], *others[BLOCKS - 1];

	for (int i = 0; i < BLOCKS - 1; i++) {
		others[i] = mmap(NULL, MIB / 2, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(others[i] != MAP_FAILED);
		blocks[i] = launder(memalign(MIB, 60000));
		memset(blocks[i], 'b', 60000);
	}
	for (int i = 0; i < BLOCKS - 1; i++)
		free(blocks[i]);
	for (int i = 0; i < BLOCKS - 1; i++)
		CHECK(msync(others[i], MIB / 2, MS_ASYNC) == 0);
}

/* A block that stayed in the parent is none in the child, whose allocator may
 * give out the same address. */
static void check_blocks(void)
{
	char *blocks[BLOCKS];
	pid_t pid;

	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = launder(memalign(MIB, MIB));
		CHECK(madvise(blocks[i], MIB, MADV_DONTFORK) == 0);
	}
	pid = fork();
	if (pid == 0) {
		use_allocator();
		_exit(0);
	}
	wait_for(pid);
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
}

int main(void)
{
	char *kept = map_anonymous(LENGTH);
	char *wiped = map_anonymous(LENGTH);
	char *other = map_anonymous(LENGTH);
	pid_t pid;

	CHECK(madvise(kept + 16 * PAGE, 16 * PAGE, MADV_DONTFORK) == 0);
	CHECK(madvise(wiped + 16 * PAGE, 112 * PAGE, MADV_WIPEONFORK) == 0);
	CHECK(madvise(wiped + 128 * PAGE, 16 * PAGE, MADV_WIPEONFORK) == 0);
	CHECK(madvise(wiped + 128 * PAGE, 16 * PAGE, MADV_KEEPONFORK) == 0);
	CHECK(holds(wiped + 16 * PAGE, memory_at, 16 * PAGE, 4 * PAGE));
	wiped[17 * PAGE] = 'w';
	pid = fork();
	if (pid == 0) {
		CHECK(signal_of_reading(kept + 16 * PAGE) == SIGSEGV);
		CHECK(signal_of_reading(kept + 31 * PAGE) == SIGSEGV);
		CHECK(holds(kept, memory_at, 0, 16 * PAGE));
		CHECK(holds(kept + 32 * PAGE, memory_at, 32 * PAGE, 32 * PAGE));
		CHECK(holds(wiped, memory_at, 0, 16 * PAGE));
		/* some were touched, most were not */
		CHECK(holds(wiped + 16 * PAGE, zero_at, 0, 112 * PAGE));
		CHECK(holds(wiped + 128 * PAGE, memory_at, 128 * PAGE,
			    128 * PAGE));
		CHECK(holds(other, memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(wiped[17 * PAGE] == 'w');
	CHECK(holds(kept, memory_at, 0, LENGTH));
	CHECK(madvise(kept, LENGTH, MADV_DONTFORK) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(signal_of_reading(kept) == SIGSEGV);
		CHECK(holds(other, memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(holds(other, memory_at, 0, LENGTH));
	check_blocks();
	check_up_to_a_file(false);
	check_up_to_a_file(true);
	return 0;
}
