/* SPDX-License-Identifier: MIT */
/*
 * Rationale: vfork, posix_spawn and clone(CLONE_VM) make a process that shares
 * the address space. It is served by its parent's threads, may allocate and
 * free, and must leave the parent's books whole.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <sched.h>
#include <spawn.h>

#include "tests/preload/victim.h"

#define LENGTH (2 * MIB)

extern char **environ;

static char *memory, *block;

static int child(void *argument)
{
	char *more;

	(void)argument;
	if (!holds(memory, memory_at, 0, LENGTH / 2))
		return 1;
	more = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (more == MAP_FAILED)
		return 1;
	more[0] = 1;
	munmap(more, LENGTH);
	free(block);		/* one of the parent's */
	block = NULL;
	munmap(memory + LENGTH / 2, PAGE);
	return 0;
}

static void check_parent(void)
{
	char *again = map_anonymous(LENGTH);

	CHECK(!block);
	CHECK(holds(memory, memory_at, 0, LENGTH / 2));
	CHECK(holds(memory + LENGTH / 2 + PAGE, memory_at, LENGTH / 2 + PAGE,
		    LENGTH / 2 - PAGE));
	CHECK(signal_of_reading(memory + LENGTH / 2) == SIGSEGV);
	CHECK(holds(again, memory_at, 0, LENGTH));
	block = allocate(LENGTH);
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	free(block);
	munmap(again, LENGTH);
}

int main(void)
{
	char *arguments[] = { "true", NULL };
	char *stack;
	pid_t pid;

	memory = map_anonymous(LENGTH);
	block = allocate(LENGTH);
	pid = vfork();
	if (pid == 0)
		_exit(child(NULL));
	wait_for(pid);
	check_parent();

	memory = map_anonymous(LENGTH);
	block = allocate(LENGTH);
	stack = map_anonymous(256 * KIB);
	pid = clone(child, stack + 256 * KIB, CLONE_VM | SIGCHLD, NULL);
	wait_for(pid);
	check_parent();

	memory = map_anonymous(LENGTH);
	CHECK(posix_spawnp(&pid, "true", NULL, NULL, arguments, environ) == 0);
	wait_for(pid);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(system("true") == 0);
	return 0;
}
