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

#include "tests/preload/raw.h"
#include "tests/preload/victim.h"

/* Something else lies there by calls that nobody sees. */
static void use_old_place(char *at)
{
	CHECK(raw_munmap(at, MIB / 2) == 0);
	CHECK(raw_mmap(at, MIB / 2, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
	CHECK_EQ(madvise(at, PAGE, MADV_FREE), 0);
	at = mremap(at, MIB / 2, MIB, MREMAP_MAYMOVE);
	CHECK(at != MAP_FAILED);
	CHECK(holds(at, zero_at, 0, MIB));
}

/* It begins a range that is cut off in place behind it. */
static void cut_off_what_follows(void)
{
	char *memory = map_anonymous(2 * MIB);
	int fd = open_file();

	CHECK(mmap(memory, MIB / 2, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
	      memory);
	CHECK(holds(memory + MIB, memory_at, MIB, PAGE));
	CHECK(mremap(memory, 2 * MIB, PAGE, 0) == memory);
	CHECK(holds(memory, file_at, 0, PAGE));
	CHECK(signal_of_reading(memory + PAGE) == SIGSEGV);
	CHECK(signal_of_reading(memory + MIB) == SIGSEGV);
	munmap(memory, PAGE);
	close(fd);
}

int main(void)
{
	const char *path = getenv("VICTIM_FILE");
	volatile char *seen;
	char *lazy, *written;
	pid_t pid;
	int fd;

	CHECK(path);
	/* Before anything is lazy. */
	seen = map_file(MIB, PROT_READ, MAP_SHARED);
	lazy = map_anonymous(MIB);
	CHECK(holds(lazy, memory_at, 0, MIB));
	CHECK(holds((const char *)seen, file_at, 0, PAGE));
	cut_off_what_follows();
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
	/* It moves, and what others write shows where it is then. */
	seen = mremap((void *)seen, MIB, MIB / 2, MREMAP_MAYMOVE);
	CHECK(seen != MAP_FAILED);
	seen = mremap((void *)seen, MIB / 2, MIB / 2,
		      MREMAP_MAYMOVE | MREMAP_FIXED, lazy + MIB / 2);
	CHECK(seen == lazy + MIB / 2);
	CHECK(pwrite(fd, "f", 1, 0) == 1);
	CHECK(seen[0] == 'f');
	CHECK_EQ(madvise((void *)seen, MIB / 2, MADV_DONTNEED), 0);
	CHECK(seen[0] == 'f' && seen[2] == 'd');
	CHECK(madvise((void *)seen, PAGE, MADV_FREE) == -1 && errno == EINVAL);
	CHECK(mprotect((void *)seen, PAGE, PROT_READ | PROT_WRITE) == -1 &&
	      errno == EACCES);
	use_old_place((void *)seen);
	return 0;
}
