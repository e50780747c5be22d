/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the hooks are called before main, in signal handlers, and at exit,
 * and work in each of these states.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (256 * KIB)

static char *early;
static volatile sig_atomic_t handled;

static void try_all(void)
{
	char *memory = map_anonymous(LENGTH);
	char *block = allocate(LENGTH);

	CHECK(holds(memory, memory_at, 0, LENGTH));
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	block = launder(realloc(block, 2 * LENGTH));
	free(block);
	CHECK(munmap(memory, LENGTH) == 0);
}

__attribute__((constructor)) static void before_main(void)
{
	early = map_anonymous(LENGTH);
	try_all();
}

__attribute__((destructor)) static void after_main(void)
{
	try_all();
	if (!holds(early, memory_at, 0, LENGTH))
		_exit(1);
}

static void on_signal(int number)
{
	char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)number;
	if (memory == MAP_FAILED || !holds(memory, memory_at, 0, LENGTH))
		_exit(1);
	munmap(memory, LENGTH);
	handled++;
}

int main(void)
{
	atexit(try_all);
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	try_all();
	CHECK(kill(getpid(), SIGUSR1) == 0);
	while (handled < 2)
		usleep(100);
	return 0;
}
