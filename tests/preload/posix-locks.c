/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a process loses its locks of fcntl(2) on a file when it closes any
 * descriptor of it. It does not lose them because we have looked into the file:
 * when memory is to be filled from it, or when it is opened for writing and might
 * be a stub.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <limits.h>

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

static int open_locked(const char *path, int flags)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	return fd;
}

/* Asked by a process that has nothing of ours. */
static bool is_locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		CHECK(fcntl(fd, F_GETLK, &lock) == 0);
		_exit(lock.l_type == F_UNLCK ? 3 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

static int next_descriptor(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

/* The store is opened with the first memory, and mapped with each that is
 * direct. */
static void lock_store(void)
{
	const char *path = getenv("VICTIM_STORE_FILE");
	int fd = open_locked(path ? path : getenv("VICTIM_FILE"), 0);
	char *memory = map_anonymous(MIB);
	int next = next_descriptor();

	CHECK(is_locked(fd));
	for (int i = 0; i < 5; i++) {
		memory = map_anonymous(MIB);
		CHECK(holds(memory, memory_at, 0, PAGE));
	}
	CHECK(is_locked(fd));
	CHECK(next_descriptor() <= next + 1);
	close(fd);
	CHECK(!is_locked(open_file()));
}

static void lock_sparse_file(void)
{
	char path[PATH_MAX];
	int fd, writing;

	snprintf(path, sizeof(path), "%s/sparse", getenv("VICTIM_FOLDER"));
	fd = open_locked(path, O_CREAT);
	CHECK(ftruncate(fd, MIB) == 0);
	CHECK(pwrite(fd, "x", 1, 0) == 1);
	CHECK(fsync(fd) == 0);		/* its blocks are counted now */
	writing = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(writing >= 0);
	CHECK(is_locked(fd));
	CHECK(pwrite(writing, "y", 1, 0) == 1);
	CHECK(is_locked(fd));
	close(writing);
	CHECK(!is_locked(fd));		/* as ever */
	close(fd);
}

/* What tells of locks is not asked where a filter kills for it. */
static void filter_locks(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		forbid_argument(SYS_fcntl, 1, BPF_JEQ, F_OFD_GETLK,
				SECCOMP_RET_KILL_PROCESS);
		for (int i = 0; i < 12; i++)
			CHECK(holds(map_anonymous(MIB), memory_at, 0, PAGE));
		lock_sparse_file();
		_exit(0);
	}
	wait_for(pid);
}

int main(void)
{
	lock_store();
	lock_sparse_file();
	filter_locks();
	return 0;
}
