/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the first thread may end by pthread_exit(3), and the others go on.
 * /proc/self has nothing in it then; what we ask the kernel must be answered all
 * the same.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <pthread.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static pthread_t first;

static void check_anonymous(void)
{
	char *memory = map_anonymous(LENGTH);

	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(madvise(memory, LENGTH, MADV_DONTNEED) == 0);
	CHECK(holds(memory, zero_at, 0, LENGTH));
	CHECK(munmap(memory, LENGTH) == 0);

	memory = map_anonymous(LENGTH);
	memory = mremap(memory, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE);
	CHECK(memory != MAP_FAILED);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(holds(memory + LENGTH, zero_at, 0, LENGTH));
	CHECK(munmap(memory, 2 * LENGTH) == 0);
}

static void check_file(void)
{
	char *memory = map_file(LENGTH, PROT_READ, MAP_PRIVATE);
	int ends[2];

	CHECK(holds(memory + LENGTH / 2, file_at, LENGTH / 2, LENGTH / 2));
	/* The kernel's own copy is no matter of reading. */
	CHECK(mprotect(memory, PAGE, PROT_EXEC) == 0);
	CHECK(pipe(ends) == 0);
	CHECK_EQ(write(ends[1], memory, 100), 100);
	CHECK(munmap(memory, LENGTH) == 0);
}

static void *go_on(void *unused)
{
	pid_t pid;

	CHECK(pthread_join(first, NULL) == 0);
	for (int i = 0; i < 2; i++) {
		check_anonymous();
		check_file();
	}
	pid = fork();
	if (pid == 0) {
		check_anonymous();
		check_file();
		_exit(0);
	}
	wait_for(pid);
	exit(0);
	return unused;
}

int main(void)
{
	pthread_t thread;

	first = pthread_self();
	CHECK(pthread_create(&thread, NULL, go_on, NULL) == 0);
	pthread_exit(NULL);
}
