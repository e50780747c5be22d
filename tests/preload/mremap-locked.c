/* SPDX-License-Identifier: MIT */
/*
 * Rationale: when locked memory moves and grows, the kernel populates its new
 * pages before it tells of the move, and places none until that was read: it
 * waits for itself, if nobody lets it go; and so does a page of another thread's
 * that comes then. Through the hook all is as it would be without lazy memory,
 * and after a raw call every byte is. What a raw call unmaps in another thread is
 * not there any more where it grows.
 */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/prctl.h>

#include "tests/preload/mremap.h"
#include "tests/preload/raw.h"

static char *hooked_mremap(char *old, size_t old_length, size_t length,
			   int flags, char *to)
{
	return mremap(old, old_length, length, flags, to);
}

static size_t resident(char *memory, size_t length)
{
	unsigned char pages[4 * LENGTH / PAGE];
	size_t count = 0;

	CHECK(mincore(memory, length, pages) == 0);
	for (size_t i = 0; i < length / PAGE; i++)
		count += pages[i] & 1;
	return count * PAGE;
}

static size_t locked(void)
{
	char line[256];
	size_t kib = 0;
	FILE *status = fopen("/proc/self/status", "r");

	CHECK(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmLck: %zu", &kib) == 1)
			break;
	fclose(status);
	return kib * KIB;
}

/* Twice as long, at a place of its own: over what is lazy, or over a hole. */
static char *move(remap_fn *remap, char *old, bool over)
{
	char *to = map_anonymous(4 * LENGTH);
	char *now;

	if (!over)
		CHECK(munmap(to, 2 * LENGTH) == 0);
	now = remap(old, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	CHECK(now == to);
	CHECK(holds(to + 2 * LENGTH, memory_at, 2 * LENGTH, 2 * LENGTH));
	CHECK(munmap(to + 2 * LENGTH, 2 * LENGTH) == 0);
	return now;
}

static void check_moved(remap_fn *remap, bool over)
{
	char *memory = map_anonymous(LENGTH);

	CHECK(mlock(memory, LENGTH) == 0);
	memory = move(remap, memory, over);
	CHECK_EQ(locked(), 2 * LENGTH);
	if (remap == hooked_mremap)
		CHECK_EQ(resident(memory, 2 * LENGTH), 2 * LENGTH);
	CHECK(holds(memory + LENGTH, zero_at, 0, LENGTH));
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK_EQ(resident(memory, 2 * LENGTH), 2 * LENGTH);
	/* It is one mapping: it moves again. */
	memory = remap(memory, 2 * LENGTH, 4 * LENGTH, MREMAP_MAYMOVE, NULL);
	CHECK(memory != MAP_FAILED);
	CHECK(holds(memory + 2 * LENGTH, zero_at, 0, 2 * LENGTH));
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(munmap(memory, 4 * LENGTH) == 0);
	CHECK_EQ(locked(), 0);
}

static void check_on_fault(remap_fn *remap)
{
	char *memory = map_anonymous(LENGTH);

	CHECK(mlock2(memory, LENGTH, MLOCK_ONFAULT) == 0);
	CHECK(holds(memory, memory_at, 0, 1));
	memory = move(remap, memory, false);
	CHECK_EQ(locked(), 2 * LENGTH);
	CHECK_EQ(resident(memory + LENGTH, LENGTH), 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(holds(memory + LENGTH, zero_at, 0, LENGTH));
	CHECK(munmap(memory, 2 * LENGTH) == 0);
}

static void check_locked_file(remap_fn *remap)
{
	char *memory = map_file(LENGTH, PROT_READ, MAP_PRIVATE);

	CHECK(mlock(memory, LENGTH) == 0);
	memory = move(remap, memory, true);
	CHECK(holds(memory, file_at, 0, 2 * LENGTH));
	/* and up to its end */
	memory = remap(memory, 2 * LENGTH, PATTERN_LENGTH, MREMAP_MAYMOVE,
		       NULL);
	CHECK(memory != MAP_FAILED);
	CHECK(holds(memory, file_at, 0, PATTERN_LENGTH));
	CHECK(munmap(memory, PATTERN_LENGTH) == 0);
}

/* Over pages 9 and 10 of a file's mapping, and over two behind its end. */
static void check_over_file(remap_fn *remap)
{
	size_t at[] = { 9 * PAGE, PATTERN_LENGTH + 8 * PAGE };
	size_t end = at[1] / PAGE * PAGE + 8 * PAGE;
	char *file = map_file(end, PROT_READ, MAP_PRIVATE);

	for (int i = 0; i < 2; i++) {
		char *to = file + at[i] / PAGE * PAGE;
		char *memory = map_anonymous(LENGTH);

		CHECK(munmap(memory + PAGE, LENGTH - PAGE) == 0);
		CHECK(mlock(memory, PAGE) == 0);
		CHECK(remap(memory, PAGE, 2 * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
		CHECK_EQ(locked(), 2 * PAGE);
		if (remap == hooked_mremap)
			CHECK_EQ(resident(to, 2 * PAGE), 2 * PAGE);
		CHECK(holds(to, memory_at, 0, PAGE));
		CHECK(holds(to + PAGE, zero_at, 0, PAGE));
		CHECK(munmap(to, 2 * PAGE) == 0);
	}
	CHECK(holds(file, file_at, 0, 9 * PAGE));
	CHECK(holds(file + 11 * PAGE, file_at, 11 * PAGE,
		    PATTERN_LENGTH - 11 * PAGE));
	CHECK(signal_of_reading(file + end - PAGE) == SIGBUS);
	CHECK(munmap(file, end) == 0);
}

static void check_future(remap_fn *remap)
{
	char *memory;

	CHECK(mlockall(MCL_FUTURE) == 0);
	memory = move(remap, map_anonymous(LENGTH), false);
	CHECK(munlockall() == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(holds(memory + LENGTH, zero_at, 0, LENGTH));
	CHECK(munmap(memory, 2 * LENGTH) == 0);
}

static atomic_bool is_over;

static void *touch(void *memory)
{
	while (!is_over) {
		CHECK(madvise(memory, LENGTH, MADV_DONTNEED) == 0);
		CHECK(holds_sparse(memory, zero_at, 0, LENGTH));
	}
	return NULL;
}

/* The books wait for what the kernel says of it, once it has told of the move. */
static void *unmap(void *unused)
{
	while (!is_over)
		CHECK(raw_munmap(map_anonymous(LENGTH), LENGTH) == 0);
	return unused;
}

static void check_beside(void *what(void *), remap_fn *remap)
{
	char *memory, *other = map_anonymous(LENGTH);
	pthread_t thread;

	is_over = false;
	CHECK(pthread_create(&thread, NULL, what, other) == 0);
	for (int i = 0; i < 50; i++) {
		memory = map_anonymous(LENGTH);
		CHECK(mlock(memory, LENGTH) == 0);
		/* another's mapping may come into a hole */
		memory = move(remap, memory, what == unmap || i % 2);
		if (remap == hooked_mremap)
			CHECK_EQ(resident(memory, 2 * LENGTH), 2 * LENGTH);
		CHECK(holds_sparse(memory + LENGTH, zero_at, 0, LENGTH));
		CHECK(holds_sparse(memory, memory_at, 0, LENGTH));
		CHECK(munmap(memory, 2 * LENGTH) == 0);
	}
	is_over = true;
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(munmap(other, LENGTH) == 0);
}

static char *_Atomic neighbour;

static void *unmap_neighbours(void *unused)
{
	while (!is_over) {
		char *one = atomic_exchange(&neighbour, NULL);

		if (one)
			CHECK(raw_munmap(one, LENGTH) == 0);
		else
			sched_yield();
	}
	return unused;
}

/* In place, as soon as what lay there is gone: it may be in the books still. */
static void check_in_place_of_another(void)
{
	pthread_t thread;

	is_over = false;
	CHECK(pthread_create(&thread, NULL, unmap_neighbours, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		char *memory = map_anonymous(2 * LENGTH);

		CHECK(mmap(memory + LENGTH, LENGTH, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			   0) == memory + LENGTH);
		CHECK(mlock(memory, LENGTH) == 0);
		neighbour = memory + LENGTH;
		while (mremap(memory, LENGTH, 2 * LENGTH, 0) == MAP_FAILED)
			CHECK_EQ(errno, ENOMEM);
		CHECK(holds_sparse(memory + LENGTH, zero_at, 0, LENGTH));
		CHECK(holds_sparse(memory, memory_at, 0, LENGTH));
		CHECK(munmap(memory, 2 * LENGTH) == 0);
	}
	is_over = true;
	CHECK(pthread_join(thread, NULL) == 0);
}

static void check(remap_fn *remap)
{
	check_moved(remap, false);
	check_moved(remap, true);
	check_on_fault(remap);
	check_locked_file(remap);
	check_over_file(remap);
	check_future(remap);
}

/* What /proc has of such a process is root's. */
static void check_undumpable(void)
{
	char *ours = map_anonymous(LENGTH);
	pid_t pid = fork();

	if (pid == 0) {
		CHECK(setgid(65534) == 0 || errno == EPERM);
		CHECK(setuid(65534) == 0 || errno == EPERM);
		CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
		check_moved(raw_mremap, false);
		check_moved(hooked_mremap, true);
		_exit(0);
	}
	wait_for(pid);
	CHECK(munmap(ours, LENGTH) == 0);
}

/* One reader, which may be at the other thread's page. */
static void check_on_one_cpu(char *program)
{
	cpu_set_t one;
	pid_t pid = fork();

	if (pid == 0) {
		CPU_ZERO(&one);
		CPU_SET(sched_getcpu(), &one);
		CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
		execl("/proc/self/exe", program, "beside", (char *)NULL);
		_exit(127);
	}
	wait_for(pid);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		check_beside(touch, hooked_mremap);
		check_beside(touch, raw_mremap);
		return 0;
	}
	if (mlockall(MCL_FUTURE) < 0)
		SKIP("user: no right to lock memory");
	munlockall();
	check(hooked_mremap);
	check(raw_mremap);
	check_beside(unmap, hooked_mremap);
	check_in_place_of_another();
	check_on_one_cpu(argv[0]);
	check_undumpable();
	return 0;
}
