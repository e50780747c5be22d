/* SPDX-License-Identifier: MIT */
/* busy.c - COUNT threads that compute until this program is killed, or until
 * the one that started it is gone. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static void *spin(void *argument)
{
	volatile uint64_t x = (uintptr_t)argument;

	for (;;)
		x = bench_mix(x);
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (--count > 0)
		if (pthread_create(&thread, NULL, spin, NULL))
			bench_die("pthread_create");
	/* Whoever waits for this line knows that they are at it. */
	if (write(STDOUT_FILENO, "\n", 1) < 0)
		return 1;
	spin(NULL);
	return 0;
}
