/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a thread gets, for memory of its own, the addresses that another is
 * just unmapping a lazy file from. What the file forbids is not forbidden there.
 *
 * modes: plain file blob
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define ROUNDS 2000
#define LENGTH (1 * MIB)
#define SMALL (2 * PAGE)		/* it stays plain */
#define FAR ((char *)0x200000000000)	/* nothing near it */

static atomic_bool stop;

/* As soon as the other has gone. */
static void map_far(size_t length, int flags, int fd)
{
	while (mmap(FAR, length, PROT_READ, flags | MAP_FIXED_NOREPLACE, fd,
		    0) == MAP_FAILED)
		CHECK(errno == EEXIST);
}

static void *map_and_unmap(void *argument)
{
	int fd = open_file();

	while (!stop) {
		map_far(LENGTH, MAP_SHARED, fd);
		CHECK(FAR[PAGE] == (char)file_at(PAGE));
		CHECK_EQ(munmap(FAR, LENGTH), 0);
	}
	return argument;
}

/* The first call that the file would refuse: later ones come too late. */
static void use(bool advise)
{
	if (advise)
		CHECK_EQ(madvise(FAR, SMALL, MADV_FREE), 0);
	CHECK_EQ(mprotect(FAR, SMALL, PROT_READ | PROT_WRITE), 0);
	FAR[0] = 'w';
}

int main(void)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, map_and_unmap, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		map_far(SMALL, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		use(i & 1);
		CHECK_EQ(munmap(FAR, SMALL), 0);
	}
	stop = true;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return 0;
}
