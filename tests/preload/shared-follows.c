/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what a file's mapping shares are the writes of others: by another
 * descriptor, by another mapping, by another process. A page that was read
 * before shows them, too.
 *
 * modes: plain zero
 */
#include "config.h"

#include <fcntl.h>

#include "tests/preload/victim.h"

int main(void)
{
	const char *path = getenv("VICTIM_FILE");
	volatile char *seen;
	char *lazy = map_anonymous(MIB);
	char *written;
	pid_t pid;
	int fd;

	CHECK(path);
	CHECK(holds(lazy, memory_at, 0, MIB));
	seen = map_file(MIB, PROT_READ, MAP_SHARED);
	CHECK(holds((const char *)seen, file_at, 0, PAGE));
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(pwrite(fd, "a", 1, 0) == 1);
	CHECK(seen[0] == 'a');
	CHECK(pwrite(fd, "b", 1, 5 * PAGE) == 1);
	CHECK(seen[5 * PAGE] == 'b');
	written = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(written != MAP_FAILED);
	written[1] = 'c';
	CHECK(seen[1] == 'c');
	pid = fork();
	if (pid == 0) {
		written[2] = 'd';
		CHECK(pwrite(fd, "e", 1, 9 * PAGE) == 1);
		_exit(0);
	}
	wait_for(pid);
	CHECK(seen[2] == 'd');
	CHECK(seen[9 * PAGE] == 'e');
	return 0;
}
