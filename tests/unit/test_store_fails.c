/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a page that cannot be produced is poisoned, whatever the reason:
 * who touches it gets SIGBUS with its address, a system call EFAULT, a line
 * says which store, where and why, and it is counted. All else is served. A
 * failure that passes is no failure.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "preload/engine/handler.h"
#include "preload/engine/stats.h"
#include "tests/unit/gate.h"

#define BAD 20
#define AT (BAD * PAGE + 123)

static int said;			/* standard error is here */

/* What has been said since the last time. */
static const char *words(void)
{
	static char text[8192];
	ssize_t n = pread(said, text, sizeof(text) - 1, 0);

	CHECK(n >= 0);
	text[n] = '\0';
	CHECK_EQ(ftruncate(said, 0), 0);
	lseek(said, 0, SEEK_SET);
	return text;
}

static uint64_t poisoned(void)
{
	uint64_t bytes;

	/* Counted before the baton is let go of. */
	ul_lock_take(&ul_baton);
	bytes = ul_stats_header()->totals.poisoned_bytes;
	ul_lock_drop(&ul_baton);
	return bytes;
}

static void check_all_but_the_bad(const char *memory)
{
	check_pattern(memory, 0, BAD * PAGE, 0);
	check_pattern(memory, (BAD + 1) * PAGE, LENGTH - (BAD + 1) * PAGE,
		      (BAD + 1) * PAGE);
}

static void check_bad(char *memory, const char *why, uint64_t before)
{
	struct toucher toucher;
	char offset[64];
	const char *text;
	int ends[2];

	CHECK_EQ(touch(&toucher, memory + AT), SIGBUS);
	CHECK(toucher.address == memory + AT);
	CHECK_EQ(poisoned(), before + PAGE);
	text = words();
	snprintf(offset, sizeof(offset), "offset %zu: ", BAD * PAGE);
	CHECK_HAS(text, "uffdlazy: store ");
	CHECK_HAS(text, offset);
	CHECK_HAS(text, why);
	CHECK_HAS(text, "raises SIGBUS\n");
	/* Once said is enough, and it stays so. */
	CHECK_EQ(touch(&toucher, memory + AT), SIGBUS);
	CHECK_EQ(strlen(words()), 0);
	CHECK_EQ(pipe(ends), 0);
	errno = 0;
	CHECK_EQ(write(ends[1], memory + AT, 8), -1);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(write(ends[1], memory, 1), 1);
	errno = 0;
	CHECK_EQ(read(ends[0], memory + AT, 1), -1);
	CHECK_EQ(errno, EFAULT);
	close(ends[0]);
	close(ends[1]);
	check_all_but_the_bad(memory);
	munmap(memory, LENGTH);
}

/* The first load is of the granule, the second of the page alone. */
static void load_fails(bool file, int error, const char *why)
{
	uint64_t before = poisoned();

	gate_fail_loads(2, error, why);
	check_bad(file ? lazy_file() : lazy_memory(), why, before);
}

/* It is a system call that comes first. */
static void load_fails_in_a_call(void)
{
	char *memory = lazy_memory();
	uint64_t before = poisoned();
	int ends[2];

	gate_fail_loads(2, -EIO, "no such sector");
	CHECK_EQ(pipe(ends), 0);
	errno = 0;
	CHECK_EQ(write(ends[1], memory + AT, 8), -1);
	CHECK_EQ(errno, EFAULT);
	close(ends[0]);
	close(ends[1]);
	check_bad(memory, "no such sector", before);
}

static void neighbour_fails(void)
{
	char *memory = lazy_memory();
	uint64_t before = poisoned();
	struct toucher toucher;

	gate_fail_loads(1, -EBADMSG, "the frame's checksum is wrong");
	CHECK_EQ(touch(&toucher, memory + AT), 0);
	CHECK_EQ(toucher.got, pattern_at(AT));
	CHECK_EQ(poisoned(), before);
	CHECK_EQ(strlen(words()), 0);
	check_pattern(memory, 0, LENGTH, 0);
	munmap(memory, LENGTH);
}

/* The bytes end before the page, or in it. */
static void load_is_short(uint64_t end)
{
	uint64_t before = poisoned();

	gate_cut_loads(2, end);
	check_bad(lazy_memory(), "cut short", before);
}

static void short_of_a_neighbour(void)
{
	char *memory = lazy_memory();
	struct toucher toucher;

	gate_cut_loads(1, 18 * PAGE);
	CHECK_EQ(touch(&toucher, memory + AT), 0);
	CHECK_EQ(toucher.got, pattern_at(AT));
	check_pattern(memory, 0, LENGTH, 0);
	CHECK_EQ(strlen(words()), 0);
	munmap(memory, LENGTH);
}

static void memory_comes_back(void)
{
	char *memory = lazy_memory();
	struct toucher toucher;

	gate_fail_copies(5, -ENOMEM);
	CHECK_EQ(touch(&toucher, memory + AT), 0);
	CHECK_EQ(toucher.got, pattern_at(AT));
	check_pattern(memory, 0, LENGTH, 0);
	CHECK_EQ(strlen(words()), 0);
	munmap(memory, LENGTH);
}

static void no_memory(void)
{
	uint64_t before = poisoned();

	gate_fail_copies(501, -ENOMEM);
	check_bad(lazy_memory(), "out of memory", before);
}

/* Something forbids us to place pages: a filter that the program has put on all
 * of its threads. */
static void kernel_refuses(int error)
{
	char *memory = lazy_memory();
	uint64_t before = poisoned();

	gate_fail_copies(1, error);
	check_bad(memory, "the kernel does not place it", before);
}

/* And it does not poison, either: then nobody may read what is there. */
static void kernel_refuses_all(void)
{
	char *memory = lazy_memory();
	struct toucher toucher;

	gate_fail_copies(1, -EPERM);
	gate_fail_poison(1, EPERM);
	CHECK_EQ(touch(&toucher, memory + AT), SIGSEGV);
	CHECK(toucher.address == memory + AT);
	CHECK_HAS(words(), "the kernel does not place it");
	check_all_but_the_bad(memory);
	munmap(memory, LENGTH);
}

/* A load hangs: other pages are served by another reader, and by a fork's
 * child; when it comes to an end it is as if nothing had been. */
static void stuck(void)
{
	char *memory = lazy_memory(), *other = lazy_memory();
	struct toucher toucher;

	gate_shut(GATE_LOAD);
	touch_begin(&toucher, memory + AT);
	gate_await(GATE_LOAD);
	check_pattern(other, 0, LENGTH, 0);
	check_pattern(memory, 0, 16 * PAGE, 0);
	check_pattern(memory, 32 * PAGE, LENGTH - 32 * PAGE, 32 * PAGE);
	gate_open(GATE_LOAD);
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, 0);
	check_pattern(memory, 0, LENGTH, 0);
	munmap(memory, LENGTH);
	munmap(other, LENGTH);
}

/* What fails when nobody wants it any more is nobody's business. */
static void unmapped_before_it_fails(void)
{
	char *memory = lazy_memory();
	uint64_t before = poisoned();
	struct toucher toucher;

	gate_shut(GATE_LOAD);
	gate_fail_loads(1, -EIO, "too late");
	touch_begin(&toucher, memory + AT);
	gate_await(GATE_LOAD);
	CHECK_EQ(lazy_munmap(false, memory, LENGTH), 0);
	gate_open(GATE_LOAD);
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, SIGSEGV);
	CHECK_EQ(poisoned(), before);
	CHECK_EQ(strlen(words()), 0);
}

int main(void)
{
	char name[] = "/tmp/uffdlazy-said.XXXXXX";

	said = mkstemp(name);
	CHECK(said >= 0);
	unlink(name);
	/* Ours stays where it was: a CHECK that fails must be read. */
	stderr = fdopen(dup(STDERR_FILENO), "w");
	CHECK(fcntl(said, F_SETFL, O_APPEND) == 0);
	CHECK(dup2(said, STDERR_FILENO) == STDERR_FILENO);
	gate_start(2);
	load_fails(false, -EIO, "the disk is on fire");
	load_fails(true, -EBADMSG, "a wrong checksum");
	load_fails(false, -ENOMEM, "out of memory");
	load_fails_in_a_call();
	neighbour_fails();
	load_is_short(BAD * PAGE);
	load_is_short(BAD * PAGE + 100);
	short_of_a_neighbour();
	memory_comes_back();
	no_memory();
	kernel_refuses(-EPERM);
	kernel_refuses(-EINVAL);
	kernel_refuses_all();
	stuck();
	unmapped_before_it_fails();
	return 0;
}
