/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a mapping with a store's bytes is laid over memory (MAP_FIXED)
 * that another thread reads all the time. That one sees what lay there or the
 * store's bytes, and nothing else, whether it is filled by faults, by the
 * kernel, or at once because there is no userfaultfd.
 *
 * modes: plain file blob direct
 * lazy: no
 * quiet: no
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#define LENGTH (64 * PAGE)
#define ROUNDS 200

static char *target;
static atomic_bool done;
static atomic_uint wrong;		/* 1 + the byte that was read */

static void *read_it(void *argument)
{
	victim_byte_fn *byte = argument;

	while (!done)
		for (size_t at = 0; at < LENGTH; at += PAGE) {
			unsigned char got = ((volatile unsigned char *)target)[at];

			if (got != 'x' && got != byte(at))
				wrong = 1U + got;
		}
	return NULL;
}

/* Known bytes are there again, at one blow. */
static void restore(void)
{
	char *full = raw_mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(full != MAP_FAILED);
	memset(full, 'x', LENGTH);
	CHECK(mremap(full, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED,
		     target) == target);
}

static void check(int flags, victim_byte_fn *byte)
{
	int fd = open_file();
	pthread_t reader;

	if (flags & MAP_ANONYMOUS) {
		close(fd);
		fd = -1;
	}
	restore();
	done = false;
	pthread_create(&reader, NULL, read_it, byte);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(mmap(target, LENGTH, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_FIXED | flags, fd, 0) == target);
		CHECK(holds_sparse(target, byte, 0, LENGTH));
		restore();
	}
	done = true;
	pthread_join(reader, NULL);
	CHECK_EQ(wrong, 0);
	close(fd);
}

static void check_all(void)
{
	target = mmap(NULL, LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	CHECK(target != MAP_FAILED);
	check(MAP_ANONYMOUS, memory_at);
	check(0, file_at);
}

int main(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		forbid();
		check_all();
		_exit(0);
	}
	wait_for(pid);
	check_all();
	return 0;
}
