/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program closes its standard error and opens a data file, which
 * gets the number 2. What we have to say must not land in it; nor in a file
 * that was opened on 0, 1 and 2 from the start.
 *
 * modes: plain file
 */
#include "config.h"

#include <sys/stat.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	char path[4096];
	char *memory = map_anonymous(LENGTH);
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/data", getenv("VICTIM_FOLDER"));
	CHECK(holds(memory, memory_at, 0, PAGE));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	CHECK(dup2(fd, 2) == 2);
	close(fd);
	/* A page that cannot be had makes a line: of the log, not of this. */
	if (truncate(getenv("VICTIM_STORE_FILE"), 0) < 0)
		return 1;
	if (getenv("VICTIM_STORE") &&
	    signal_of_reading(memory + 100 * PAGE) != SIGBUS)
		return 1;
	return fstat(2, &st) == 0 && st.st_size == 0 ? 0 : 1;
}
