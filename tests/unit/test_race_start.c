/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork while another thread's first lazy mapping starts the engine's
 * threads waits for that. Its child would have half of what a start writes: it
 * took its parent's statistics file for that of a process that is gone.
 */
#include "config.h"

#include <sys/wait.h>

#include "tests/unit/gate.h"

static atomic_bool over;

static void map(void *argument)
{
	*(char **)argument = lazy_memory();
}

static void fork_there(void *argument)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(GATE_HANGS);
		gate_forget();
		check_pattern(lazy_memory(), 0, LENGTH, 0);
		_exit(0);
	}
	CHECK(over);
	*(pid_t *)argument = pid;
}

int main(void)
{
	struct doer mapper, forker;
	char *memory;
	int status;
	pid_t pid;

	gate_start(1);
	gate_shut(GATE_START);
	doer_begin(&mapper, map, &memory);
	gate_await(GATE_START);
	doer_begin(&forker, fork_there, &pid);
	doer_await_asleep(&forker);
	over = true;
	gate_open(GATE_START);
	doer_end(&mapper);
	doer_end(&forker);
	check_pattern(memory, 0, LENGTH, 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	return 0;
}
