/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a thread puts a filter on its own system calls that allows what the
 * program needs, and no more; whatever else is called kills it, or fails. It does
 * as without us, and what was lazy before has its bytes, in its children, too.
 *
 * modes: plain zero file blob
 * quiet: no
 */
#include "config.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define LENGTH (4 * MIB)

enum way { STRICT, BY_PRCTL, BY_NUMBER, PRCTL_BY_NUMBER, TWICE, WAYS };

/* What a program with malloc and files needs; the last are for one that forks. */
static const unsigned int allowed[] = {
	SYS_read, SYS_write, SYS_close, SYS_mmap, SYS_munmap, SYS_mremap,
	SYS_mprotect, SYS_madvise, SYS_brk, SYS_exit_group, SYS_exit,
	SYS_rt_sigreturn, SYS_prctl, SYS_seccomp,
	SYS_clone, SYS_wait4, SYS_set_robust_list, SYS_rt_sigprocmask,
	SYS_gettid,
};
#define FOR_FORK 5
#define ALLOWED (sizeof(allowed) / sizeof(*allowed))

static char *anonymous, *file, *block, *grown;
static int ends[2];

static void filter(enum way way, unsigned int action, bool forks)
{
	struct sock_filter code[2 + 2 * ALLOWED] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { 1, code };

	for (size_t i = 0; i < ALLOWED - (forks ? 0 : FOR_FORK); i++) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[program.len++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	if (way == BY_NUMBER)
		CHECK_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
				 &program), 0);
	else if (way == PRCTL_BY_NUMBER)
		CHECK_EQ(syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
				 &program, 0, 0), 0);
	else
		CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
	if (way == TWICE)
		CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
}

static void use_new_memory(void)
{
	char *at = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	CHECK(holds_sparse(at, zero_at, 0, LENGTH));
	CHECK_EQ(munmap(at, LENGTH), 0);
	at = launder(calloc(1, LENGTH));
	CHECK(holds_sparse(at, zero_at, 0, LENGTH));
	free(at);
}

static void use_old_memory(void)
{
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	CHECK(holds_sparse(anonymous, memory_at, 0, LENGTH - 2 * PAGE));
	CHECK_EQ(mprotect(anonymous, PAGE, PROT_READ), 0);
	CHECK_EQ(munmap(anonymous, LENGTH / 2), 0);
	CHECK(holds_sparse(block, memory_at, 0, LENGTH));
	free(block);
	grown = launder(realloc(grown, 2 * LENGTH));
	CHECK(holds_sparse(grown, memory_at, 0, LENGTH));
	free(grown);
}

/* The kernel reads and writes pages that were not touched yet. */
static void transfer(void)
{
	CHECK_EQ(read(ends[0], anonymous + LENGTH - PAGE - 3, 6), 6);
	CHECK(memcmp(anonymous + LENGTH - PAGE - 3, "seccom", 6) == 0);
	CHECK_EQ(write(ends[1], file + 9 * PAGE - 1, 2), 2);
	CHECK_EQ(read(ends[0], grown, 2), 2);
	CHECK_EQ(grown[0], (char)file_at(9 * PAGE - 1));
	grown[0] = (char)memory_at(0);
	grown[1] = (char)memory_at(1);
}

static void fork_once(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		use_old_memory();
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
}

static void live_confined(enum way way, unsigned int action, bool forks)
{
	if (way == STRICT)
		CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	else
		filter(way, action, forks);
	transfer();
	if (forks)
		fork_once();
	if (way == STRICT) {
		CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
		CHECK(holds_sparse(block, memory_at, 0, LENGTH));
		syscall(SYS_exit, 0);
	}
	use_new_memory();
	use_old_memory();
	_exit(0);
}

/* In a child, which has lazy memory of its own. */
static void try(enum way way, unsigned int action, bool forks)
{
	pid_t pid = fork();

	if (pid == 0) {
		file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
		anonymous = map_anonymous(LENGTH);
		block = allocate(LENGTH);
		grown = allocate(LENGTH);
		CHECK(pipe(ends) == 0 && write(ends[1], "seccom", 6) == 6);
		live_confined(way, action, forks);
	}
	wait_for(pid);
}

static void use_lazy_memory(void)
{
	anonymous = map_anonymous(LENGTH);
	CHECK(holds_sparse(anonymous, memory_at, 0, LENGTH));
	grown = launder(realloc(allocate(LENGTH), 2 * LENGTH));
	CHECK(holds_sparse(grown, memory_at, 0, LENGTH));
}

/* What does not concern us changes nothing, and what is refused has another way. */
static void stay_lazy(unsigned int number, unsigned int action)
{
	pid_t pid = fork();

	if (pid == 0) {
		forbid_call(number, action);
		use_lazy_memory();
		_exit(0);
	}
	wait_for(pid);
}

/* Allows all but a few calls, which are an error. */
static void refuse(const unsigned int *numbers, size_t count)
{
	struct sock_filter code[16] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { 1, code };

	for (size_t i = 0; i < count; i++) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, numbers[i], 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							   SECCOMP_RET_ALLOW);
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* A block of ours that may not be unmapped is not libc's for that. */
static void free_without_munmap(void)
{
	static const unsigned int numbers[] = { SYS_munmap, SYS_gettid };
	pid_t pid = fork();

	if (pid == 0) {
		block = allocate(LENGTH);
		refuse(numbers, 2);
		errno = 0;
		free(block);
		CHECK_EQ(errno, 0);
		_exit(0);
	}
	wait_for(pid);
}

/* In a child with memory of each kind: refuse these calls, and fork. */
static void fork_without(const unsigned int numbers[3])
{
	pid_t pid = fork();

	if (pid == 0) {
		block = allocate(LENGTH);
		grown = allocate(LENGTH);
		anonymous = map_anonymous(LENGTH);
		file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
		refuse(numbers, 3);
		fork_once();
		_exit(0);
	}
	wait_for(pid);
}

/* What could not be read first, and what cannot be any more; all of more files
 * than the statistics have entries for. */
#define MANY 4200
static void fork_after_protecting(const unsigned int numbers[3])
{
	static char *many[MANY];
	size_t guarded, at;
	pid_t pid = fork();

	if (pid == 0) {
		for (size_t i = 0; i < MANY; i++)
			many[i] = map_file(64 * KIB, PROT_READ, MAP_PRIVATE);
		file = map_file(MIB, PROT_NONE, MAP_PRIVATE);
		CHECK_EQ(mprotect(file, MIB, PROT_READ), 0);
		grown = map_file(MIB, PROT_READ, MAP_PRIVATE);
		CHECK_EQ(mprotect(grown, MIB, PROT_WRITE), 0);
		anonymous = map_anonymous(MIB);
		CHECK_EQ(mprotect(anonymous + PAGE, PAGE, PROT_NONE), 0);
		guarded = madvise(anonymous + 2 * PAGE, PAGE,
				  MADV_GUARD_INSTALL) == 0 ? 1 : 0;
		refuse(numbers, 3);
		pid = fork();
		if (pid == 0) {
			CHECK(holds(file, file_at, 0, MIB));
			CHECK(holds(grown, file_at, 0, MIB));
			CHECK(holds(anonymous, memory_at, 0, PAGE));
			at = (2 + guarded) * PAGE;
			CHECK(holds(anonymous + at, memory_at, at, MIB - at));
			for (size_t i = 0; i < MANY; i++)
				CHECK(holds_sparse(many[i], file_at, 0,
						   64 * KIB));
			_exit(0);
		}
		wait_for(pid);
		_exit(0);
	}
	wait_for(pid);
}

/* A child of a confined process, where the kernel may not be asked what can be
 * read. */
static void fork_without_advice(void)
{
	static const unsigned int numbers[] = { SYS_madvise, SYS_mincore,
						SYS_gettid };

	fork_without(numbers);
	fork_after_protecting(numbers);
}

/* No userfaultfd for a fork's child, which is filled therefore; and nothing there
 * tells what is writable. */
static void fill_child_blindly(void)
{
	static const unsigned int numbers[] = { SYS_userfaultfd, SYS_openat,
						SYS_process_vm_readv };

	fork_without(numbers);
}

/* What the kernel does not grant changes nothing. */
static void probe(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0);
		CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) <
		      0);
		CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL) <
		      0);
		CHECK(prctl(PR_SET_SECCOMP, 77, NULL) < 0);
		use_lazy_memory();
		_exit(0);
	}
	wait_for(pid);
}

/* Nor does the filter of a child that shares our memory. */
static void filter_in_shared_space(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		filter(BY_PRCTL, SECCOMP_RET_KILL_PROCESS, false);
		syscall(SYS_exit_group, 0);
	}
	wait_for(pid);
	use_lazy_memory();
}

/* Our threads would not live under it: what is new is filled, with the threads
 * running already or not, and so is a child. */
static void forbid_threads(unsigned int number, bool started)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (started)
			anonymous = map_anonymous(LENGTH);
		forbid_call(number, SECCOMP_RET_KILL_PROCESS);
		block = allocate(LENGTH);
		grown = allocate(LENGTH);
		file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
		if (!started)
			anonymous = map_anonymous(LENGTH);
		fork_once();
		use_old_memory();
		exit(0);
	}
	wait_for(pid);
}

/* What the start of threads, or of statistics, takes. */
static const unsigned int started[] = {
	SYS_getppid, SYS_geteuid, SYS_unlinkat, SYS_kill, SYS_getcwd,
	SYS_rt_sigaction, SYS_rseq, SYS_set_tid_address,
#ifdef SYS_unlink
	SYS_unlink, SYS_mkdir,
#endif
};

/* Files may be opened, but none made. */
static void forbid_creation(bool before)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (before)
			use_lazy_memory();
		forbid_argument(SYS_openat, 2, BPF_JSET, O_CREAT,
				SECCOMP_RET_KILL_PROCESS);
		use_lazy_memory();
		file = map_file(PATTERN_LENGTH, PROT_READ, MAP_PRIVATE);
		pid = fork();
		if (pid == 0) {
			CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
			_exit(0);
		}
		wait_for(pid);
		_exit(0);
	}
	wait_for(pid);
}

int main(void)
{
	static const unsigned int actions[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ERRNO | ENOSYS,
	};

	/* Before there is lazy memory. */
	forbid_threads(SYS_userfaultfd, false);
	for (size_t i = 0; i < sizeof(started) / sizeof(*started); i++)
		forbid_threads(started[i], false);
	forbid_creation(false);
	/* Lazy from the start, and its threads, too. */
	CHECK(holds_sparse(map_anonymous(LENGTH), memory_at, 0, LENGTH));
	try(STRICT, 0, false);
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		for (int way = BY_PRCTL; way < WAYS; way++) {
			try((enum way)way, actions[i], false);
			try((enum way)way, actions[i], true);
		}
	}
	stay_lazy(SYS_reboot, SECCOMP_RET_KILL_PROCESS);
	stay_lazy(SYS_mremap, SECCOMP_RET_ERRNO | EPERM);
	forbid_creation(true);
	probe();
	filter_in_shared_space();
	forbid_threads(SYS_userfaultfd, true);
	forbid_threads(SYS_eventfd2, true);
	for (size_t i = 0; i < sizeof(started) / sizeof(*started); i++)
		forbid_threads(started[i], true);
	free_without_munmap();
	fork_without_advice();
	fill_child_blindly();
	return 0;
}
