/* SPDX-License-Identifier: MIT */
/*
 * Rationale: containers forbid userfaultfd(2) by seccomp. Memory is filled at
 * once, with the right bytes, before and after fork; and what stands for a file
 * behaves as one.
 *
 * modes: plain zero file blob direct
 * lazy: no
 * quiet: no
 */
#include "config.h"

#include <sys/resource.h>

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

/* Given back, it comes from the file again; it is not the file, though. */
static void check_file(void)
{
	char *shared = map_file(PATTERN_LENGTH, PROT_READ, MAP_SHARED);
	int descriptor = open_file();
	char *file = map_file(PATTERN_LENGTH, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE);

	memset(file, 'w', LENGTH);
	CHECK(madvise(file, 2 * PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(file, file_at, 0, 2 * PAGE));
	CHECK(file[2 * PAGE] == 'w');
	CHECK(madvise(file, PAGE, MADV_FREE) == -1 && errno == EINVAL);
	CHECK(madvise(file, PAGE, MADV_WIPEONFORK) == -1 && errno == EINVAL);
	CHECK(madvise(file, PAGE, MADV_REMOVE) == -1 && errno == EACCES);
	CHECK(holds(shared, file_at, 0, PATTERN_LENGTH));
	CHECK(madvise(shared, LENGTH, MADV_DONTNEED) == 0);
	CHECK(holds(shared, file_at, 0, PATTERN_LENGTH));
	CHECK(mprotect(shared, PAGE, PROT_READ | PROT_WRITE) == -1 &&
	      errno == EACCES);
	CHECK(madvise(shared, PAGE, MADV_REMOVE) == -1 && errno == EACCES);
	/* Past the end there is only that. */
	CHECK((file = mmap(NULL, 16 * PAGE, PROT_READ, MAP_PRIVATE, descriptor,
			   4 * MIB)) != MAP_FAILED);
	CHECK(signal_of_reading(file) == SIGBUS);
	CHECK(madvise(file, PAGE, MADV_REMOVE) == -1 && errno == EACCES);
	file = map_file(PATTERN_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	memset(file, 'w', LENGTH);
	/* Over what there is, all of it at once. */
	CHECK(mmap(file + PAGE, 32 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED,
		   descriptor, 0) == file + PAGE);
	close(descriptor);
	CHECK(holds(file + PAGE, file_at, 0, 32 * PAGE));
	CHECK(file[33 * PAGE] == 'w');
}

/* Nor can there be a file to stand for it. */
static void check_no_file(void)
{
	struct rlimit small = { MIB, MIB };
	char *file;

	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	file = map_file(PATTERN_LENGTH + 64 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE);
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	CHECK_EQ(signal_of_writing(file + PATTERN_LENGTH + 8 * PAGE), SIGBUS);
	file = map_file(PATTERN_LENGTH + 64 * PAGE, PROT_NONE, MAP_PRIVATE);
	CHECK_EQ(signal_of_reading(file + PATTERN_LENGTH + 8 * PAGE), SIGSEGV);
}

int main(void)
{
	char *memory, *block, *file;
	pid_t pid;

	forbid();
	memory = map_anonymous(LENGTH);
	block = allocate(LENGTH);
	file = map_file(PATTERN_LENGTH + 64 * PAGE, PROT_READ, MAP_SHARED);
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, LENGTH));
		CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	CHECK(signal_of_reading(file + PATTERN_LENGTH + 8 * PAGE) == SIGBUS);
	check_file();
	check_no_file();
	block = launder(realloc(block, 3 * LENGTH));
	free(block);
	return 0;
}
