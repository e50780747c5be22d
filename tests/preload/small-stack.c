/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program chooses how much stack a thread, a signal handler or a
 * child of clone(2) gets, and some KiB are enough for what they call. With us,
 * too: what lies below a small stack may be other memory of the program's.
 *
 * modes: plain zero file blob direct
 * quiet: no
 */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

#define STACK (8 * KIB)
#define LENGTH (1 * MIB)

static char *memory;
static volatile sig_atomic_t handled;

/* A page that cannot be touched lies below it. */
static char *map_stack(void)
{
	char *room = mmap(NULL, PAGE + STACK, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(room != MAP_FAILED);
	CHECK_EQ(mprotect(room, PAGE, PROT_NONE), 0);
	return room + PAGE;
}

static void check_and_unmap(char *block)
{
	CHECK(holds(block + 9 * PAGE, memory_at, 9 * PAGE, 1));
	CHECK_EQ(munmap(block, LENGTH), 0);
}

static void use_all_calls(void)
{
	char *block = map_file(LENGTH, PROT_READ, MAP_PRIVATE);

	CHECK(holds(block + 9 * PAGE, pattern_at, 9 * PAGE, 1));
	CHECK_EQ(madvise(block, LENGTH, MADV_DONTNEED), 0);
	CHECK(holds(block + 9 * PAGE, pattern_at, 9 * PAGE, 1));
	CHECK_EQ(munmap(block, LENGTH), 0);
	block = map_anonymous(LENGTH);
	CHECK_EQ(mprotect(block, LENGTH, PROT_READ), 0);
	block = mremap(block, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE);
	CHECK(block != MAP_FAILED);
	CHECK_EQ(munmap(block + LENGTH, LENGTH), 0);
	check_and_unmap(block);
	block = allocate(LENGTH);
	block = launder(realloc(block, 3 * LENGTH));
	CHECK(holds(block + 9 * PAGE, memory_at, 9 * PAGE, 1));
	free(block);
}

static void on_signal(int number)
{
	(void)number;
	use_all_calls();
	handled = 1;
}

static void *in_thread(void *argument)
{
	use_all_calls();
	return argument;
}

/* It is the first to have lazy memory, so that all there is to start is started
 * on its stack. */
static void start_on_small_stack(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	CHECK_EQ(pthread_attr_init(&attributes), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attributes,
					   (size_t)sysconf(_SC_THREAD_STACK_MIN)),
		 0);
	CHECK_EQ(pthread_create(&thread, &attributes, in_thread, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

static void handle_on_small_stack(void (*handler)(int number))
{
	stack_t stack = { .ss_sp = map_stack(), .ss_size = STACK };
	struct sigaction action = { .sa_handler = handler,
				    .sa_flags = SA_ONSTACK };

	handled = 0;
	CHECK_EQ(sigaltstack(&stack, NULL), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK(handled);
}

static void map_first(int number)
{
	char *block = map_file(LENGTH, PROT_READ, MAP_PRIVATE);

	(void)number;
	CHECK(holds(block + 9 * PAGE, pattern_at, 9 * PAGE, 1));
	CHECK_EQ(munmap(block, LENGTH), 0);
	handled = 1;
}

static void fork_here(int number)
{
	pid_t pid = fork();

	(void)number;
	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	handled = 1;
}

/* A process's first lazy memory is a file's; and what is small binds symbols. */
static void begin_on_small_stack(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		CHECK_EQ(munmap(map_file(PAGE, PROT_READ, MAP_PRIVATE), PAGE),
			 0);
		handle_on_small_stack(map_first);
		_exit(0);
	}
	wait_for(pid);
}

static int child(void *argument)
{
	sigset_t mask;

	(void)argument;
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	CHECK(sigismember(&mask, SIGUSR2) && !sigismember(&mask, SIGUSR1));
	return 0;
}

static void clone_on_small_stack(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory + 9 * PAGE, memory_at, 9 * PAGE, 1));
	wait_for(clone(child, map_stack() + STACK, SIGCHLD, NULL));
	CHECK(holds(memory, memory_at, 0, LENGTH));
}

int main(void)
{
	pid_t pid;

	begin_on_small_stack();
	start_on_small_stack();		/* and the symbols are bound */
	handle_on_small_stack(on_signal);
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory + 9 * PAGE, memory_at, 9 * PAGE, 1));
	handle_on_small_stack(fork_here);
	CHECK_EQ(munmap(memory, LENGTH), 0);
	clone_on_small_stack();
	pid = fork();
	if (pid == 0) {			/* whose child is filled at once */
		forbid();
		clone_on_small_stack();
		_exit(0);
	}
	wait_for(pid);
	return 0;
}
