/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what a filter on system calls answers is worked out by us before
 * the kernel has it. Random filters are given to the kernel in a child, and what
 * it answers to a call there is what we have said.
 */
#include "config.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/filter.h"
#include "tests/unit/check.h"

#define LENGTH 24
#define ROUNDS 400
#define WANTED 100			/* filters that the kernel takes */

/* Shared with the child, which can make no call any more but this one. */
static struct answer {
	_Atomic int state;		/* 1: refused, 2: the call came back */
	int value;			/* errno, 0: none */
} *answer;

static unsigned int random_state = 7;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % limit;
}

/* The number and the arguments; where the call comes from nobody knows. */
static uint32_t random_offset(void)
{
	uint32_t word = random_below(14);

	return word < 2 ? word * 4 :
			  (uint32_t)offsetof(struct seccomp_data, args) +
				  (word - 2) * 4;
}

static struct sock_filter random_step(uint32_t left)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS,   BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_W | BPF_LEN,   BPF_LD | BPF_IMM,
		BPF_LD | BPF_MEM,	    BPF_LDX | BPF_W | BPF_LEN,
		BPF_LDX | BPF_IMM,	    BPF_LDX | BPF_MEM,
		BPF_ST,			    BPF_STX,
		BPF_MISC | BPF_TAX,	    BPF_MISC | BPF_TXA,
		BPF_ALU | BPF_ADD | BPF_K,  BPF_ALU | BPF_SUB | BPF_X,
		BPF_ALU | BPF_MUL | BPF_K,  BPF_ALU | BPF_DIV | BPF_K,
		BPF_ALU | BPF_AND | BPF_X,  BPF_ALU | BPF_OR | BPF_K,
		BPF_ALU | BPF_XOR | BPF_X,  BPF_ALU | BPF_LSH | BPF_K,
		BPF_ALU | BPF_RSH | BPF_K,  BPF_ALU | BPF_NEG,
		BPF_JMP | BPF_JA,	    BPF_JMP | BPF_JEQ | BPF_K,
		BPF_JMP | BPF_JGT | BPF_X,  BPF_JMP | BPF_JGE | BPF_K,
		BPF_JMP | BPF_JSET | BPF_K, BPF_JMP | BPF_JGT | BPF_K,
	};
	struct sock_filter step = {
		.code = codes[random_below(sizeof(codes) / sizeof(*codes))],
		.jt = (uint8_t)random_below(left),
		.jf = (uint8_t)random_below(left),
		.k = random_below(2) ? random_below(64) : random_below(1u << 31),
	};

	if (step.code == (BPF_LD | BPF_W | BPF_ABS))
		step.k = random_offset();
	if (step.code == BPF_ST || step.code == BPF_STX ||
	    step.code == (BPF_LD | BPF_MEM) || step.code == (BPF_LDX | BPF_MEM))
		step.k = random_below(4);
	if (step.code == (BPF_ALU | BPF_LSH | BPF_K) ||
	    step.code == (BPF_ALU | BPF_RSH | BPF_K))
		step.k = random_below(32);
	if (step.code == (BPF_JMP | BPF_JA))
		step.k = random_below(left);
	return step;
}

/* Whatever it works out, its answer is an error of 0 to 4095. */
static void make_filter(struct sock_filter steps[LENGTH])
{
	static const struct sock_filter end[] = {
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 4095),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const uint32_t body = LENGTH - 3;

	/* Nothing is read that was not written. */
	for (uint32_t i = 0; i < 4; i++)
		steps[i] = (struct sock_filter)BPF_STMT(BPF_ST, i);
	for (uint32_t i = 4; i < body; i++)
		steps[i] = random_step(body - i);
	memcpy(steps + body, end, sizeof(end));
}

static void be_child(const struct sock_fprog *filter, const long a[6])
{
	long result;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) != 0) {
		atomic_store(&answer->state, 1);
		_exit(0);
	}
	result = syscall(SYS_getpriority, a[0], a[1], a[2], a[3], a[4], a[5]);
	answer->value = result < 0 ? errno : 0;
	atomic_store(&answer->state, 2);
	for (;;)			/* even to end is a call */
		;
}

/* Did the kernel take it? */
static bool compare(const struct sock_fprog *filter)
{
	struct seccomp_data data = { .nr = SYS_getpriority,
				     .arch = ul_filter_arch() };
	uint32_t said;
	long a[6];
	pid_t pid;
	int status;

	for (int i = 0; i < 6; i++) {
		a[i] = (long)random_below(1u << 31) << random_below(32);
		data.args[i] = (uint64_t)a[i];
	}
	said = ul_filter_run(filter, &data);
	atomic_store(&answer->state, 0);
	pid = fork();
	if (pid == 0)
		be_child(filter, a);
	CHECK(pid > 0);
	while (!atomic_load(&answer->state))
		sched_yield();
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (answer->state == 1)
		return false;
	CHECK_EQ(said & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
	CHECK_EQ(answer->value, (int)(said & SECCOMP_RET_DATA));
	return true;
}

static void test_what_is_none(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { 2, steps };
	const struct seccomp_data data = { .nr = 0 };

	CHECK_EQ(ul_filter_run(&filter, &data), SECCOMP_RET_KILL_THREAD);
	steps[0].k = 0;
	CHECK_EQ(ul_filter_run(&filter, &data), SECCOMP_RET_ALLOW);
	filter.len = 1;			/* it has no end */
	CHECK_EQ(ul_filter_run(&filter, &data), SECCOMP_RET_KILL_THREAD);
}

int main(void)
{
	struct sock_filter steps[LENGTH];
	const struct sock_fprog filter = { LENGTH, steps };
	int taken = 0;

	test_what_is_none();
	if (!ul_filter_arch())
		SKIP("machine: no name of it is known for filters");
	if (prctl(PR_GET_SECCOMP) < 0)
		SKIP("kernel: no seccomp");
	answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(answer != MAP_FAILED);
	for (int i = 0; i < ROUNDS; i++) {
		make_filter(steps);
		taken += compare(&filter);
	}
	CHECK(taken >= WANTED);
	return 0;
}
