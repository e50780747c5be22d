/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a file that is cut short while it is mapped raises SIGBUS where
 * it no longer is, as mmap(2) says, and EFAULT in a system call; the engine
 * itself reads that file and must live on.
 *
 * modes: plain zero
 * says: store self, offset [0-9]*: the file was cut short
 */
#include "config.h"

#include "tests/preload/victim.h"

int main(void)
{
	char *file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
	char *memory = map_anonymous(MIB);
	int out = open("/dev/null", O_WRONLY);
	int pipes[2];

	CHECK(pipe(pipes) == 0);
	CHECK(holds(file, file_at, 0, PAGE));
	CHECK(truncate(getenv("VICTIM_FILE"), MIB) == 0);
	CHECK(signal_of_reading(file + 2 * MIB) == SIGBUS);
	CHECK(victim_signal_address == file + 2 * MIB);
	errno = 0;
	CHECK(write(pipes[1], file + 2 * MIB + PAGE, 10) == -1);
	CHECK(errno == EFAULT);
	/* the last page too, which the store does not hold as a whole */
	CHECK(signal_of_reading(file + PATTERN_LENGTH - 1) == SIGBUS);
	CHECK(holds(file, file_at, 0, MIB - 64 * KIB));
	CHECK(holds(memory, memory_at, 0, MIB));
	close(out);
	return 0;
}
