/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a coroutine's stack is memory that the program mapped itself, and
 * so it is lazy. Everything that we do on it while a page of it is missing,
 * fork above all, may fault there, and must not hold what serves the fault.
 */
#include "config.h"

#include <alloca.h>
#include <ucontext.h>

#include "tests/preload/victim.h"

#define STACK (512 * KIB)
#define LENGTH (256 * KIB)

static ucontext_t outer, inner;
static char *memory;

/* Each round begins a little further down, so that every call of ours comes to
 * cross the border of a page that was not touched in some round. */
static void round_at(size_t depth)
{
	volatile char *room = alloca(depth);
	char *fresh;
	pid_t pid;

	room[0] = 1;
	fresh = map_anonymous(LENGTH);
	CHECK(holds(fresh + PAGE, memory_at, PAGE, 1));
	munmap(fresh, LENGTH);
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, 8 * PAGE));
		_exit(0);
	}
	wait_for(pid);
}

static void run(void)
{
	for (size_t depth = 64; depth < 96 * KIB; depth += 1536)
		round_at(depth);
}

int main(void)
{
	char *stack = map_anonymous(STACK);

	memory = map_anonymous(LENGTH);
	CHECK(getcontext(&inner) == 0);
	inner.uc_stack.ss_sp = stack;
	inner.uc_stack.ss_size = STACK;
	inner.uc_link = &outer;
	makecontext(&inner, run, 0);
	CHECK(swapcontext(&outer, &inner) == 0);
	return 0;
}
