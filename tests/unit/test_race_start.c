/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork while another thread's first lazy mapping starts the engine's
 * threads waits for that. Its child would have half of what a start writes: it
 * took its parent's statistics file for that of a process that is gone. It waits for
 * a thread that has not begun, too, which a child's setuid would wait for. A call of
 * setuid's kind waits for a start; and while one goes on nothing starts, but does
 * when it is over, and in a fork's child.
 */
#include "config.h"

#include <sys/wait.h>

#include "preload/engine/handler.h"
#include "preload/engine/thread.h"
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

static atomic_bool may_begin;

static void *begin_late(void *unused)
{
	while (!may_begin)
		usleep(1000);
	ul_thread_has_begun();
	return unused;
}

static void prepare_there(void *unused)
{
	(void)unused;
	ul_thread_fork_prepare();
	CHECK(may_begin);
	ul_thread_fork_parent();
}

/* Workers, say, which nobody has waited for. */
static void check_one_that_begins(void)
{
	struct doer forker;

	CHECK_EQ(ul_thread_create(begin_late, NULL), 0);
	doer_begin(&forker, prepare_there, NULL);
	doer_await_asleep(&forker);
	may_begin = true;
	doer_end(&forker);
}

static void change_there(void *argument)
{
	*(uint32_t *)argument = engine->ids_begin();
	CHECK(over);
}

static void check_in_call(void)
{
	uint32_t turn = engine->ids_begin();
	uint32_t another = engine->ids_begin();

	check_pattern(lazy_memory(), 0, LENGTH, 0);
	engine->ids_end(another);
	check_pattern(lazy_memory(), 0, LENGTH, 0);
	CHECK(!ul_handler_runs());
	engine->ids_end(turn);
}

static void in_child(void run(uint32_t turn), uint32_t turn)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(GATE_HANGS);
		gate_forget();
		run(turn);
		check_pattern(lazy_memory(), 0, LENGTH, 0);
		CHECK(ul_handler_runs());
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void nothing(uint32_t turn)
{
	(void)turn;
}

static void end(uint32_t turn)
{
	engine->ids_end(turn);
}

/* The child's copy of a call ends there, or never. */
static void check_child(void)
{
	uint32_t turn = engine->ids_begin();

	in_child(nothing, turn);
	in_child(end, turn);
	engine->ids_end(turn);
}

/* A call that does not come back, for its handler has jumped out of it. */
static void leave_call(uint32_t turn)
{
	(void)turn;
	engine->ids_begin();
	check_pattern(lazy_memory(), 0, LENGTH, 0);
	CHECK(!ul_handler_runs());
	gate_let_time_pass(UINT64_C(11000000000));
}

int main(void)
{
	struct doer mapper, forker, changer;
	uint32_t turn;
	char *memory;
	int status;
	pid_t pid;

	gate_start(1);
	check_in_call();
	in_child(leave_call, 0);
	check_child();
	gate_shut(GATE_START);
	doer_begin(&mapper, map, &memory);
	gate_await(GATE_START);
	doer_begin(&forker, fork_there, &pid);
	doer_await_asleep(&forker);
	doer_begin(&changer, change_there, &turn);
	doer_await_asleep(&changer);
	over = true;
	gate_open(GATE_START);
	doer_end(&mapper);
	doer_end(&forker);
	doer_end(&changer);
	engine->ids_end(turn);
	check_pattern(memory, 0, LENGTH, 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	check_child();
	check_one_that_begins();
	return 0;
}
