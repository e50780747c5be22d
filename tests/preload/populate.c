/* SPDX-License-Identifier: MIT */
/*
 * Rationale: MAP_POPULATE and MAP_LOCKED make the kernel fill the mapping with
 * zeros before anybody could register it. More than may be locked is refused, and
 * what it was to replace stays.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#define LENGTH (4 * MIB)

/* Of what a store fills too much is as good as not locked. */
static void check_too_much(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 } };
	struct rlimit limit = { 16 * PAGE, 16 * PAGE };
	char *memory = map_anonymous(LENGTH);
	int fd = open_file();

	if (has_store())
		return;
	CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
	CHECK(syscall(SYS_capset, &head, none) == 0);
	CHECK(mmap(memory, MIB, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_LOCKED,
		   fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EAGAIN);
	memory[0] = 'w';
	CHECK(holds(memory + 1, memory_at, 1, LENGTH - 1));
	CHECK(mmap(memory, 8 * PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_FIXED | MAP_LOCKED, fd, 0) == memory);
	CHECK(holds(memory, file_at, 0, 8 * PAGE));
	CHECK(madvise(memory, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL);
}

int main(void)
{
	static const int flags[] = { MAP_POPULATE, MAP_LOCKED,
				     MAP_POPULATE | MAP_LOCKED,
				     MAP_POPULATE | MAP_NONBLOCK };
	char *other = map_anonymous(LENGTH);

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int fd = open_file();
		char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | flags[i], -1,
				    0);
		char *file = mmap(NULL, PATTERN_LENGTH, PROT_READ,
				  MAP_PRIVATE | flags[i], fd, 0);

		CHECK(memory != MAP_FAILED);
		CHECK(file != MAP_FAILED);
		CHECK(holds(memory, memory_at, 0, LENGTH));
		CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
		memset(memory, 'w', LENGTH);
		munmap(memory, LENGTH);
		munmap(file, PATTERN_LENGTH);
		close(fd);
	}
	CHECK(holds(other, memory_at, 0, LENGTH));
	check_too_much();
	return 0;
}
