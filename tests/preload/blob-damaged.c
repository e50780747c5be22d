/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a page whose bytes cannot be had is never invented. Who touches it
 * gets SIGBUS with its address, a system call EFAULT; all else is served, and a
 * line says which store, which offset and why.
 *
 * modes: blob
 * says: store pattern, offset [0-9]*: .*SIGBUS
 */
#include "config.h"

#include <sys/stat.h>

#include "tests/preload/victim.h"

#define LENGTH (3 * MIB)

int main(void)
{
	char *file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	char *memory = map_anonymous(LENGTH);
	size_t bad = 0, good = 0;
	int fd = open(getenv("VICTIM_STORE_FILE"), O_RDWR);
	char byte, other[16];
	int pipes[2];
	struct stat st;

	CHECK(pipe(pipes) == 0);
	CHECK(holds(memory, memory_at, 0, PAGE));
	CHECK(fstat(fd, &st) == 0);
	CHECK(pread(fd, &byte, 1, st.st_size / 2) == 1);
	byte ^= 0x10;
	CHECK(pwrite(fd, &byte, 1, st.st_size / 2) == 1);
	for (size_t at = 0; at < LENGTH; at += PAGE) {
		int number = signal_of_reading(memory + at + 5);

		if (!number) {
			CHECK(holds(memory + at, memory_at, at, PAGE));
			good++;
			continue;
		}
		CHECK_EQ(number, SIGBUS);
		CHECK(victim_signal_address == memory + at + 5);
		errno = 0;
		CHECK(write(pipes[1], memory + at, 16) == -1);
		CHECK(errno == EFAULT);
		errno = 0;
		/* the same page of the file, which nobody has touched yet */
		CHECK(write(pipes[1], file + at, 16) == -1);
		CHECK(errno == EFAULT);
		bad++;
	}
	CHECK_EQ(bad, 16);		/* one frame of 64 KiB */
	CHECK(good > 700);
	/* A page that cannot be had can be written anew after it was given
	 * back: anonymous memory is zeros then. */
	for (size_t at = 0; at < LENGTH; at += PAGE) {
		if (!signal_of_reading(memory + at))
			continue;
		CHECK(madvise(memory + at, PAGE, MADV_DONTNEED) == 0);
		CHECK(holds(memory + at, zero_at, 0, PAGE));
	}
	/* And cut short. */
	CHECK(ftruncate(fd, st.st_size / 4) == 0);
	CHECK(signal_of_reading(file + 2 * MIB) == SIGBUS);
	CHECK(victim_signal_address == file + 2 * MIB);
	CHECK(holds(file + PAGE, file_at, PAGE, PAGE));
	memset(other, 1, sizeof(other));
	CHECK(write(pipes[1], other, sizeof(other)) == sizeof(other));
	return 0;
}
