/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a call that fails has changed nothing. The kernel tells of what it
 * would have unmapped before it finds out: for want of memory, or for a sealed
 * page. And what the kernel refuses we do not grant, nor look at.
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

#define LENGTH (1 * MIB)
#define FAR ((char *)0x200000000000)	/* nothing near it */

static char *map_far(size_t at)
{
	char *memory = mmap(FAR + at, LENGTH, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1, 0);

	CHECK(memory == FAR + at);
	CHECK(holds(memory, memory_at, 0, PAGE));
	return memory;
}

static void *map_over(char *memory, size_t length)
{
	return mmap(memory, length, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void check_in_child(const char *memory)
{
	pid_t pid = fork();

	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
}

static void want_too_much(void)
{
	struct rlimit limit = { 4096 * MIB, RLIM_INFINITY };
	char *memory = map_far(0);

	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	CHECK(map_over(memory, 8192 * MIB) == MAP_FAILED && errno == ENOMEM);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	check_in_child(memory);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(munmap(memory, LENGTH) == 0);
}

static void meet_a_seal(void)
{
	char *memory = map_far(0), *other = map_anonymous(LENGTH);

	if (syscall(SYS_mseal, memory + LENGTH / 2, PAGE, 0) < 0)
		return;			/* before Linux 6.10 */
	CHECK(munmap(memory, LENGTH) == -1 && errno == EPERM);
	CHECK(holds(memory, memory_at, 0, 40 * PAGE));
	CHECK(map_over(memory, LENGTH) == MAP_FAILED && errno == EPERM);
	CHECK(mremap(other, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED,
		     memory) == MAP_FAILED);
	CHECK(errno == EPERM);
	check_in_child(memory);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(holds(other, memory_at, 0, LENGTH));
}

static void ask_for_nonsense(void)
{
	int fd = open_file();

	CHECK(mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   1) == MAP_FAILED);
	CHECK(errno == EINVAL);
	CHECK(mmap(NULL, PATTERN_LENGTH, PROT_READ,
		   MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0) == MAP_FAILED);
	CHECK(errno == EOPNOTSUPP);
	CHECK_EQ(mmap(NULL, PATTERN_LENGTH, PROT_READ, MAP_PRIVATE | MAP_SYNC,
		      fd, 0) == MAP_FAILED,
		 syscall(SYS_mmap, NULL, PATTERN_LENGTH, PROT_READ,
			 MAP_PRIVATE | MAP_SYNC, fd, 0L) == -1);
	/* Of no ordinary file. */
	CHECK(mmap(NULL, PATTERN_LENGTH, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN,
		   fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(mmap(NULL, PATTERN_LENGTH, PROT_READ, MAP_PRIVATE | MAP_HUGETLB,
		   fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(madvise(mmap(NULL, PATTERN_LENGTH, PROT_READ, MAP_PRIVATE, fd, 0),
		      PAGE, MADV_REMOVE) == -1);
	CHECK(errno == EACCES);
	close(fd);
}

/* Beyond the address space, and where no page begins. */
static void map_nowhere(void)
{
	static const uintptr_t beyond[] = { UINTPTR_MAX << 47,
					    UINTPTR_MAX << 60 };
	int fd = open_file();

	for (size_t i = 0; i < 2; i++) {
		char *at = (char *)beyond[i];

		CHECK(map_over(at, LENGTH) == MAP_FAILED && errno == ENOMEM);
		CHECK(mmap(at, LENGTH, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd,
			   0) == MAP_FAILED);
		CHECK_EQ(errno, ENOMEM);
	}
	CHECK(map_over(FAR + 1, LENGTH) == MAP_FAILED && errno == EINVAL);
	close(fd);
}

/* The first mapping of a range says why. */
static void remove_what_is_mixed(void)
{
	const int flags = MAP_PRIVATE | MAP_FIXED;
	char *memory = map_anonymous(2 * LENGTH);
	int fd = open_file();

	CHECK(mmap(memory + LENGTH, LENGTH, PROT_READ, flags, fd, 0) ==
	      memory + LENGTH);
	CHECK(madvise(memory, 2 * LENGTH, MADV_REMOVE) == -1);
	CHECK_EQ(errno, EINVAL);
	CHECK(mmap(memory, LENGTH, PROT_READ, flags, fd, 0) == memory);
	CHECK(munmap(memory + LENGTH, PAGE) == 0);
	CHECK(madvise(memory, 2 * LENGTH, MADV_REMOVE) == -1);
	CHECK_EQ(errno, EACCES);
	CHECK(holds(memory, file_at, 0, LENGTH));
	CHECK(munmap(memory, 2 * LENGTH) == 0);
	close(fd);
}

static void point_nowhere(void)
{
	void *nowhere = (void *)64;
	char *memory = map_anonymous(LENGTH);

	CHECK(holds(memory, memory_at, 0, PAGE));
	CHECK(syscall(SYS_clone3, nowhere, 88L) == -1 && errno == EFAULT);
	/* UFFDIO_UNREGISTER, of what is no userfaultfd. */
	CHECK(ioctl(STDIN_FILENO, 0x8010aa01UL, nowhere) == -1);
	CHECK(errno == ENOTTY);
	CHECK(munmap(memory, LENGTH) == 0);
}

/* A shared mapping of a file that is open for reading. */
static void write_nowhere(void)
{
	const int prot = PROT_READ | PROT_WRITE;
	char *memory = map_file(LENGTH, PROT_READ, MAP_SHARED);

	CHECK(mprotect(memory, LENGTH, prot) == -1 && errno == EACCES);
	CHECK(pkey_mprotect(memory, LENGTH, prot, -1) == -1);
	CHECK_EQ(errno, EACCES);
	CHECK(syscall(SYS_mprotect, memory, LENGTH, prot) == -1);
	CHECK_EQ(errno, EACCES);
	CHECK(syscall(SYS_pkey_mprotect, memory, LENGTH, prot, -1L) == -1);
	CHECK_EQ(errno, EACCES);
	CHECK(munmap(memory, LENGTH) == 0);
}

int main(void)
{
	ask_for_nonsense();
	map_nowhere();
	remove_what_is_mixed();
	point_nowhere();
	write_nowhere();
	want_too_much();
	meet_a_seal();
	return 0;
}
