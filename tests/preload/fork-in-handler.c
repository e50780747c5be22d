/* SPDX-License-Identifier: MIT */
/*
 * Rationale: in a process with one thread a signal's handler may fork, whatever it
 * has interrupted: libc takes no lock of malloc's then. Our threads must not make
 * it believe that there are others, and the child has every byte all the same.
 *
 * modes: plain zero file blob
 * quiet: no
 */
#include "config.h"

#include <malloc.h>

#include <sys/time.h>
#include <sys/wait.h>

#include "tests/preload/victim.h"

#define FORKS 30
#define BLOCKS 20000

static char *memory;
static volatile sig_atomic_t forks, failed;

static void on_alarm(int number)
{
	size_t at = (size_t)forks * 4 * PAGE;
	int status = 0;
	pid_t pid;

	(void)number;
	if (forks == FORKS)
		return;
	pid = fork();
	if (pid == 0)
		_exit(!holds(memory + at, memory_at, at, PAGE));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		failed++;
	forks++;
}

int main(void)
{
	const struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	static void *blocks[BLOCKS];

	memory = map_anonymous(4 * MIB);
	CHECK(holds(memory, memory_at, 0, PAGE));
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(2000);
	for (size_t i = 0; i < BLOCKS; i += 2)
		free(blocks[i]);
	signal(SIGALRM, on_alarm);
	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	/* Nearly all of the time the arena's lock is taken. */
	while (forks < FORKS)
		mallinfo2();
	CHECK(failed == 0);
	return 0;
}
