/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a signal that comes while a thread forks is handled when the fork
 * is done, before fork returns. A handler that maps memory must not wait for
 * the fork that it has interrupted.
 *
 * modes: plain zero
 */
#include "config.h"

#include <sys/time.h>

#include "tests/preload/victim.h"

static volatile sig_atomic_t handled;

static void map_some(int number)
{
	volatile char *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)number;
	if (memory == MAP_FAILED)
		abort();
	memory[PAGE] = 'm';
	munmap((void *)memory, MIB);
	handled++;
}

int main(void)
{
	struct sigaction action = { .sa_handler = map_some };
	const struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	char *memory = map_anonymous(MIB);

	CHECK(holds(memory, memory_at, 0, PAGE));
	action.sa_flags = SA_RESTART;
	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (int i = 0; i < 200 || !handled; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(holds(memory, memory_at, 0, MIB) ? 0 : 1);
		CHECK(pid > 0);
		wait_for(pid);
	}
	CHECK_EQ(setitimer(ITIMER_REAL, &never, NULL), 0);
	return 0;
}
