/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a file on a file system that is mounted noexec is not mapped to be
 * executed, and what is mapped of it does not become executable.
 */
#include "config.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

/* In a namespace of our own, which ends with us. */
static bool mount_noexec(const char *folder)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(folder, folder, NULL, MS_BIND, NULL) == 0 &&
	       mount(NULL, folder, NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC,
		     NULL) == 0;
}

static void check(int flags)
{
	int fd = open_file();
	char *memory;

	CHECK(mmap(NULL, LENGTH, PROT_READ | PROT_EXEC, flags, fd, 0) ==
	      MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	memory = map_file(LENGTH, PROT_READ, flags);
	CHECK(mprotect(memory, LENGTH, PROT_READ | PROT_EXEC) == -1);
	CHECK_EQ(errno, EACCES);
	CHECK(pkey_mprotect(memory, LENGTH, PROT_READ | PROT_EXEC, -1) == -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(mprotect(memory, LENGTH, PROT_READ), 0);
	CHECK(holds(memory, pattern_at, 0, LENGTH));
	CHECK_EQ(munmap(memory, LENGTH), 0);
	close(fd);
}

int main(void)
{
	char *memory;

	if (!mount_noexec(getenv("VICTIM_FOLDER")))
		SKIP("user: needs root, to mount a file system noexec");
	check(MAP_PRIVATE);
	check(MAP_SHARED);
	memory = map_anonymous(LENGTH);	/* which is no file's */
	CHECK_EQ(mprotect(memory, LENGTH, PROT_READ | PROT_EXEC), 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	return 0;
}
