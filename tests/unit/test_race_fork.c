/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork while a page is filled: before its bytes are there, when
 * they are about to be placed, and while the kernel has something to tell that
 * nobody has read. Parent and child both have every byte. There is one reader,
 * so that while it stands at a gate nothing is read.
 */
#include "config.h"

#include <sys/wait.h>

#include "tests/unit/gate.h"

#define WAITED 20
#define FIRST 40			/* given back in a fill elsewhere */
#define LAST 45

static char *memory;

static void check_memory(bool removed)
{
	size_t first = removed ? FIRST : PAGES, last = removed ? LAST : PAGES;

	check_pattern(memory, 0, first * PAGE, 0);
	check_bytes(memory, first * PAGE, (last - first) * PAGE, 0);
	check_pattern(memory, last * PAGE, LENGTH - last * PAGE, last * PAGE);
}

static pid_t fork_and_check(bool removed)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid)
		return pid;
	alarm(GATE_HANGS);
	gate_forget();
	check_memory(removed);
	_exit(0);
}

static void wait_for(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void fork_before_the_bytes(bool file)
{
	struct toucher toucher;

	memory = file ? lazy_file() : lazy_memory();
	gate_shut(GATE_LOAD);
	touch_begin(&toucher, memory + WAITED * PAGE);
	gate_await(GATE_LOAD);
	wait_for(fork_and_check(false));
	gate_open(GATE_LOAD);
	touch_end(&toucher);
	CHECK_EQ(toucher.got, pattern_at(WAITED * PAGE));
	check_memory(false);
	munmap(memory, LENGTH);
}

static void fork_there(void *argument)
{
	*(pid_t *)argument = fork_and_check(false);
}

/* The fork has to wait for the fill, which holds the baton. */
static void fork_before_the_copy(bool file)
{
	struct toucher toucher;
	struct doer doer;
	pid_t pid;

	memory = file ? lazy_file() : lazy_memory();
	gate_shut(GATE_COPY);
	touch_begin(&toucher, memory + WAITED * PAGE);
	gate_await(GATE_COPY);
	doer_begin(&doer, fork_there, &pid);
	gate_open_when_wanted(GATE_COPY);
	doer_end(&doer);
	wait_for(pid);
	touch_end(&toucher);
	CHECK_EQ(toucher.got, pattern_at(WAITED * PAGE));
	check_memory(false);
	munmap(memory, LENGTH);
}

static void remove_pages(void *argument)
{
	(void)argument;
	CHECK_EQ(madvise(memory + FIRST * PAGE, (LAST - FIRST) * PAGE,
			 MADV_DONTNEED),
		 0);
}

static void fork_before_the_event(void)
{
	struct toucher toucher;
	struct doer doer;
	pid_t pid;

	memory = lazy_memory();
	check_pattern(memory, FIRST * PAGE, PAGE, FIRST * PAGE);
	gate_shut(GATE_LOAD);
	touch_begin(&toucher, memory + WAITED * PAGE);
	gate_await(GATE_LOAD);
	doer_begin(&doer, remove_pages, NULL);
	gate_await_change();
	pid = fork_and_check(true);
	doer_end(&doer);
	gate_open(GATE_LOAD);
	wait_for(pid);
	touch_end(&toucher);
	check_memory(true);
	munmap(memory, LENGTH);
}

int main(void)
{
	gate_start(1);
	for (int i = 0; i < 3; i++) {
		fork_before_the_bytes(i & 1);
		fork_before_the_copy(i & 1);
		fork_before_the_event();
	}
	return 0;
}
