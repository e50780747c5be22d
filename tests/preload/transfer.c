/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the kernel reads and writes lazy memory by other ways than the
 * program's own loads: system calls' buffers, O_DIRECT, which pins pages, and
 * another process's process_vm_readv.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static void check_direct(char *memory)
{
	char path[4096];
	char *copy = map_anonymous(LENGTH);
	int fd;

	snprintf(path, sizeof(path), "%s/direct", getenv("VICTIM_FOLDER"));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	if (fd < 0)
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, memory, LENGTH), (long)LENGTH);
	CHECK_EQ(pread(fd, copy, LENGTH / 2, 0), (long)(LENGTH / 2));
	CHECK(holds(copy, memory_at, 0, LENGTH / 2));
	CHECK(holds(copy + LENGTH / 2, memory_at, LENGTH / 2, LENGTH / 2));
	close(fd);
}

static void check_vectors(char *memory)
{
	char bytes[48];
	struct iovec parts[] = { { memory + PAGE - 8, 16 },
				 { memory + 40 * PAGE - 8, 16 },
				 { memory + 9 * PAGE + 5, 16 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK_EQ(sendmsg(pair[0], &message, 0), 48);
	CHECK_EQ(recv(pair[1], bytes, sizeof(bytes), MSG_WAITALL), 48);
	for (int i = 0; i < 3; i++)
		CHECK(holds(bytes + 16 * i, memory_at,
			    (size_t)((char *)parts[i].iov_base - memory), 16));
	CHECK_EQ(writev(pair[1], parts, 3), 48);
	for (int i = 0; i < 3; i++)
		parts[i].iov_base = (char *)parts[i].iov_base + 100 * PAGE;
	CHECK_EQ(recvmsg(pair[0], &message, MSG_WAITALL), 48);
	for (int i = 0; i < 3; i++) {
		size_t at = (size_t)((char *)parts[i].iov_base - memory);

		CHECK(holds(memory + at, memory_at, at - 100 * PAGE, 16));
		CHECK(holds(memory + at + 16, memory_at, at + 16, 16));
		CHECK(holds(memory + at - 16, memory_at, at - 16, 16));
	}
}

/* A child reads its parent, who has not touched this. */
static void check_other_process(char *memory)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		static char copy[64 * PAGE];
		struct iovec local = { copy, sizeof(copy) };
		struct iovec remote = { memory, sizeof(copy) };

		if (process_vm_readv(parent, &local, 1, &remote, 1, 0) !=
		    (ssize_t)sizeof(copy))
			_exit(errno == EPERM ? 0 : 1);
		CHECK(holds(copy, memory_at, 0, sizeof(copy)));
		_exit(0);
	}
	wait_for(pid);
}

/* Words that the kernel changes by itself. */
static void check_futexes(char *memory)
{
	long op = FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0);

	errno = 0;
	if (!has_store())
		syscall(SYS_futex, memory + PAGE, FUTEX_LOCK_PI_PRIVATE, 0,
			NULL, NULL, 0);
	CHECK(errno != EFAULT);
	syscall(SYS_futex, memory + 30 * PAGE, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL,
		NULL, 0);
	CHECK(errno != EFAULT);
	CHECK_EQ(syscall(SYS_futex, memory + 60 * PAGE, FUTEX_WAKE_OP_PRIVATE, 1,
			 1L, memory + 90 * PAGE, op), 0);
	CHECK_EQ(memory[90 * PAGE], (char)(memory_at(90 * PAGE) + 1));
	CHECK(holds(memory + 60 * PAGE, memory_at, 60 * PAGE, PAGE));
}

int main(void)
{
	check_direct(map_anonymous(LENGTH));
	check_vectors(map_anonymous(LENGTH));
	check_other_process(map_anonymous(LENGTH));
	check_futexes(map_anonymous(LENGTH));
	return 0;
}
