/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork while a page is filled: before its bytes are there, when
 * they are about to be placed, and while the kernel has something to tell that
 * nobody has read. And faults, a fill and an event behind the engine's handler
 * before a fork, which waits for them. Parent and child both have every byte.
 * There is one reader, so that while it stands at a gate nothing is read.
 */
#include "config.h"

#include <dirent.h>
#include <stdatomic.h>
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

static atomic_bool may_fork;

static void fork_there(void *argument)
{
	while (!may_fork)
		usleep(100);
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
	may_fork = false;
	doer_begin(&doer, fork_there, &pid);
	may_fork = true;
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

/* --- behind the engine's handler --- */

static void (*behind_prepare)(void);	/* then libc would take its locks */
static void (*before_parent)(void);	/* the child is made */
static struct toucher waiter;

static void run_prepare(void)
{
	if (behind_prepare)
		behind_prepare();
}

static void run_parent(void)
{
	if (before_parent)
		before_parent();
}

static void fork_with(void (*prepare)(void), void (*parent)(void), bool removed)
{
	pid_t pid;

	behind_prepare = prepare;
	before_parent = parent;
	pid = fork_and_check(removed);
	behind_prepare = before_parent = NULL;
	wait_for(pid);
}

static void check_waiter(void)
{
	touch_end(&waiter);
	CHECK_EQ(waiter.got, pattern_at(WAITED * PAGE));
}

static void wait_for_fault(void)
{
	touch_begin(&waiter, memory + WAITED * PAGE);
	check_waiter();
}

static void fork_that_waits_for_a_fault(bool file)
{
	memory = file ? lazy_file() : lazy_memory();
	fork_with(wait_for_fault, NULL, false);
	check_memory(false);
	munmap(memory, LENGTH);
}

static void wait_for_fill(void)
{
	gate_open(GATE_LOAD);
	check_waiter();
}

static void fork_that_waits_for_a_fill(bool file)
{
	memory = file ? lazy_file() : lazy_memory();
	gate_shut(GATE_LOAD);
	touch_begin(&waiter, memory + WAITED * PAGE);
	gate_await(GATE_LOAD);
	fork_with(wait_for_fill, NULL, false);
	check_memory(false);
	munmap(memory, LENGTH);
}

static void wait_for_the_copy(void)
{
	gate_shut(GATE_COPY);
	touch_begin(&waiter, memory + WAITED * PAGE);
	gate_await(GATE_COPY);
}

static void let_it_copy(void)
{
	gate_open(GATE_COPY);
}

static void fork_before_a_borrowed_copy(bool file)
{
	memory = file ? lazy_file() : lazy_memory();
	fork_with(wait_for_the_copy, let_it_copy, false);
	check_waiter();
	check_memory(false);
	munmap(memory, LENGTH);
}

static struct toucher late;

/* What was given back is not served before its event is in the books. */
static void give_back_and_wait(void)
{
	remove_pages(NULL);
	touch_begin(&late, memory + FIRST * PAGE);
	wait_for_fault();
}

static void fork_behind_an_event(bool filled)
{
	memory = lazy_memory();
	if (filled)
		check_memory(false);
	fork_with(give_back_and_wait, NULL, true);
	touch_end(&late);
	CHECK_EQ(late.got, 0);
	check_memory(true);
	munmap(memory, LENGTH);
}

static int threads_named(const char *name)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int count = 0;

	CHECK(tasks);
	while ((task = readdir(tasks))) {
		char path[300], comm[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 task->d_name);
		file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (!file)
			continue;
		if (fgets(comm, sizeof(comm), file))
			count += !strncmp(comm, name, strlen(name));
		fclose(file);
	}
	closedir(tasks);
	return count;
}

/*
 * Who begins a thread, and the thread, allocate in AddressSanitizer's runtime,
 * whose lock no fork takes (gcc 12): a child would have it for ever. So no test
 * here forks while one begins. Until it has a name of its own a thread has its
 * maker's.
 */
static void await_our_threads(void)
{
	memory = lazy_memory();
	check_memory(false);
	while (threads_named("uffdlazy-keep") != 1 ||
	       threads_named("test_race_fork") != 1)
		usleep(1000);
	munmap(memory, LENGTH);
}

int main(void)
{
	/* Of what is registered first the former runs last, the latter first. */
	CHECK_EQ(pthread_atfork(run_prepare, run_parent, NULL), 0);
	gate_start(1);
	await_our_threads();
	for (int i = 0; i < 3; i++) {
		fork_before_the_bytes(i & 1);
		fork_before_the_copy(i & 1);
		fork_before_the_event();
		fork_that_waits_for_a_fault(i & 1);
		fork_that_waits_for_a_fill(i & 1);
		fork_before_a_borrowed_copy(i & 1);
		fork_behind_an_event(i & 1);
	}
	return 0;
}
