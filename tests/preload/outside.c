/* SPDX-License-Identifier: MIT */
/*
 * Rationale: advice may come from another process (process_madvise(2)), and what
 * is resident be asked for (mincore(2), /proc/self/pagemap). Advice takes no
 * byte away; what is missing is told to be missing, and asking does not make it
 * come.
 *
 * modes: plain zero file blob
 */
#include "config.h"

#include <sys/syscall.h>
#include <sys/uio.h>

#include "tests/preload/victim.h"

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#define COLD 20				/* MADV_COLD */
#define PAGEOUT 21			/* MADV_PAGEOUT */

#define LENGTH (2 * MIB)
#define PAGES (LENGTH / PAGE)

/* By the child, whose parent we are, or by ourselves. */
static int advise(pid_t pid, char *memory, int advice)
{
	struct iovec range = { memory, LENGTH };
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	long done;

	CHECK(fd >= 0);
	done = syscall(SYS_process_madvise, fd, &range, 1, advice, 0);
	close(fd);
	return done == (long)LENGTH ? 0 : errno;
}

static void check_advice(int advice)
{
	char *memory = map_anonymous(LENGTH);
	char *file = map_file(LENGTH, PROT_READ, MAP_PRIVATE);
	pid_t parent = getpid(), pid;

	CHECK(holds(memory, memory_at, 0, LENGTH / 4));
	memory[5] = 'w';
	pid = fork();
	if (pid == 0)
		_exit(advise(parent, memory, advice) ||
		      advise(parent, file, advice));
	wait_for(pid);
	CHECK(memory[5] == 'w');
	CHECK(holds(memory + 6, memory_at, 6, LENGTH - 6));
	CHECK(holds(file, file_at, 0, LENGTH));
	munmap(memory, LENGTH);
	munmap(file, LENGTH);
}

/* Bit 63: present; bit 62: swapped out. */
static bool in_pagemap(int fd, const char *page)
{
	uint64_t entry;

	CHECK(pread(fd, &entry, sizeof(entry),
		    (off_t)((uintptr_t)page / PAGE * sizeof(entry))) ==
	      sizeof(entry));
	return entry >> 62;
}

static void check_resident(void)
{
	static unsigned char resident[PAGES];
	char *memory = map_anonymous(LENGTH);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	memory[LENGTH / 2] = 'w';
	for (int round = 0; round < 2; round++) {
		CHECK(mincore(memory, LENGTH, resident) == 0);
		CHECK(!(resident[0] & 1) && !in_pagemap(fd, memory));
		CHECK(resident[PAGES / 2] & 1);
		CHECK(in_pagemap(fd, memory + LENGTH / 2));
	}
	CHECK(holds(memory, memory_at, 0, LENGTH / 2));
	CHECK(mincore(memory, LENGTH, resident) == 0);
	CHECK((resident[0] & 1) && in_pagemap(fd, memory));
	close(fd);
	munmap(memory, LENGTH);
}

int main(void)
{
	char *probe = map_anonymous(LENGTH);

	if (advise(getpid(), probe, COLD) == ENOSYS)
		SKIP("kernel: no process_madvise here");
	check_advice(COLD);
	check_advice(PAGEOUT);
	check_resident();
	return 0;
}
