/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a supervisor is told of each getppid(2) of a child
 * (SECCOMP_RET_USER_NOTIF), and answers the one that it knows of. None of our
 * threads in the child asks before.
 *
 * modes: plain zero file
 */
#include "config.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/preload/victim.h"

#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000U
#endif
#define ANSWER 4711

int main(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, filter };
	struct seccomp_notif call = { .id = 0 };
	struct seccomp_notif_resp answer = { .val = ANSWER };
	char *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int listener, status;
	pid_t child;

	CHECK(memory != MAP_FAILED);
	memory[5] = 1;
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0) {
		printf("SKIP: kernel: no supervisor of system calls\n");
		return 77;
	}
	child = fork();
	if (child == 0)
		_exit(syscall(SYS_getppid) != ANSWER || memory[5] != 1);
	CHECK_EQ(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call), 0);
	CHECK_EQ((pid_t)call.pid, child);
	answer.id = call.id;
	CHECK_EQ(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	return 0;
}
