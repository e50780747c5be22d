/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program puts a filter on the system calls of all of its threads
 * (SECCOMP_FILTER_FLAG_TSYNC), and so on ours. Whatever it takes from them, by
 * an error, a signal, or their death without a word: the program reads the
 * right bytes, or ends; it never hangs, and never reads zeros in their place.
 *
 * modes: plain zero file blob
 * says: (cannot go on|raises SIGBUS)
 */
#include "config.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"

#ifndef SECCOMP_RET_KILL_THREAD
#define SECCOMP_RET_KILL_THREAD 0
#endif

#define LENGTH (1 * MIB)
#define ANY 0xffff			/* no ioctl has this number */

static char *memory;

/* What our threads call, each; an ioctl by the lower half of its number. */
static const struct {
	int number;
	unsigned int request;
} taken[] = {
	{ SYS_ioctl, 0xaa02 },		/* UFFDIO_WAKE */
	{ SYS_ioctl, 0xaa03 },		/* UFFDIO_COPY */
	{ SYS_ioctl, 0xaa04 },		/* UFFDIO_ZEROPAGE */
	{ SYS_ioctl, ANY },		/* all of them */
	{ SYS_read, 0 },
	{ SYS_write, 0 },
	{ SYS_ppoll, 0 },
#ifdef SYS_poll
	{ SYS_poll, 0 },
#endif
	{ SYS_futex, 0 },
	{ SYS_clock_nanosleep, 0 },
	{ SYS_sched_yield, 0 },
	{ SYS_mincore, 0 },
	{ SYS_process_vm_readv, 0 },
};

static void take_away(int number, unsigned int request, unsigned int action)
{
	bool some = number == SYS_ioctl && request != ANY;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, some ? 0xffff : 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, some ? request : 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter),
				      filter };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		_exit(77);
}

/* In a child, which has its own threads of ours. */
static void try(size_t which, unsigned int action)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		take_away(taken[which].number, taken[which].request, action);
		for (size_t at = 0; at < LENGTH; at += PAGE)
			if ((unsigned char)memory[at] != memory_at(at))
				_exit(1);
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("kernel: no filter for all threads");
	if (WIFSIGNALED(status) && getenv("VICTIM_STORE"))
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fprintf(stderr, "call %zu, %#x: status %#x\n", which, action,
			(unsigned int)status);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	memory = map_anonymous(LENGTH);
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		if (getenv("VICTIM_SAYS"))
			fprintf(stderr, "call %zu\n", i);
		try(i, SECCOMP_RET_ERRNO | EPERM);
		try(i, SECCOMP_RET_ERRNO | ENOSYS);
		try(i, SECCOMP_RET_TRAP);
		try(i, SECCOMP_RET_KILL_THREAD);
	}
	return 0;
}
