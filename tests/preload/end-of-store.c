/* SPDX-License-Identifier: MIT */
/*
 * Rationale: where a store ends inside a page the rest of it is zeros, never
 * another page's bytes; beyond it anonymous memory is zeros and a mapped file
 * raises SIGBUS to whoever may touch it.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <sys/syscall.h>

#include "tests/preload/raw.h"
#include "tests/preload/victim.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#define ALL (PATTERN_LENGTH + 64 * PAGE)

/* The last page first, and last. */
static void check(char *memory, victim_byte_fn *byte, bool last_first,
		  size_t length)
{
	size_t last = PATTERN_LENGTH & ~(PAGE - 1);

	if (last_first)
		CHECK(holds(memory + last, byte, last, PAGE));
	CHECK(holds(memory, byte, 0, length));
}

/* Past the end, whoever has met it before. */
static void check_populate(char *file, size_t after)
{
	if (madvise(file, PAGE, MADV_POPULATE_READ) < 0)
		return;			/* Linux before 5.14 */
	CHECK(madvise(file, ALL, MADV_POPULATE_READ) == -1);
	CHECK_EQ(errno, EFAULT);
	CHECK(madvise(file + after, PAGE, MADV_POPULATE_READ) == -1);
	CHECK_EQ(errno, EFAULT);
	CHECK(syscall(SYS_madvise, file, ALL, MADV_POPULATE_READ) == -1);
	CHECK_EQ(errno, EFAULT);
}

/* The page that cannot be had lies in the middle of the range. */
static void check_populate_around(size_t after)
{
	size_t length = after + 3 * PAGE;
	char *all = raw_mmap(NULL, length, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open_file();

	CHECK(all != MAP_FAILED);
	CHECK(mmap(all + PAGE, after + PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_FIXED, fd, 0) == all + PAGE);
	CHECK(madvise(all, length, 23 /* MADV_POPULATE_WRITE */) == -1);
	CHECK(errno == EFAULT || errno == EINVAL);
	munmap(all, length);
	close(fd);
}

/* Who may not touch the mapping gets SIGSEGV there, too; and no other does. */
static void check_protection(size_t after)
{
	char *written = map_file(ALL, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *fenced = map_file(ALL, PROT_NONE, MAP_PRIVATE);
	char *grown = map_file(MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK_EQ(signal_of_writing(written + after), SIGBUS);
	CHECK(victim_signal_address == written + after);
	CHECK_EQ(signal_of_reading(written + after), SIGBUS);
	CHECK_EQ(signal_of_reading(fenced + after), SIGSEGV);
	CHECK(mprotect(fenced, ALL, PROT_READ | PROT_WRITE) == 0);
	CHECK_EQ(signal_of_writing(fenced + after + PAGE), SIGBUS);
	CHECK(mprotect(written, ALL, PROT_READ) == 0);
	CHECK_EQ(signal_of_writing(written + after + PAGE), SIGSEGV);
	grown = mremap(grown, MIB, ALL, MREMAP_MAYMOVE);
	CHECK(grown != MAP_FAILED);
	CHECK_EQ(signal_of_writing(grown + after + PAGE), SIGBUS);
	CHECK_EQ(signal_of_writing(grown + after - 1), 0);
	munmap(written, ALL);
	munmap(fenced, ALL);
	munmap(grown, ALL);
}

int main(void)
{
	size_t after = (PATTERN_LENGTH + PAGE - 1) & ~(PAGE - 1);

	check_populate_around(after);
	check_protection(after);
	for (int last_first = 0; last_first < 2; last_first++) {
		char *memory = map_anonymous(ALL);
		char *block = allocate(ALL);
		char *private = map_file(ALL, PROT_READ, MAP_PRIVATE);
		char *shared = map_file(ALL, PROT_READ, MAP_SHARED);

		check(memory, memory_at, last_first, ALL);
		if (has_store())
			check(block, memory_at, last_first, ALL);
		check(private, file_at, last_first, after);
		check(shared, file_at, last_first, after);
		CHECK(signal_of_reading(private + after) == SIGBUS);
		CHECK(victim_signal_address == private + after);
		CHECK(signal_of_reading(shared + after + PAGE) == SIGBUS);
		CHECK(victim_signal_address == shared + after + PAGE);
		check_populate(private, after);
		check_populate(shared, after);
		munmap(memory, ALL);
		munmap(private, ALL);
		munmap(shared, ALL);
		free(block);
	}
	return 0;
}
