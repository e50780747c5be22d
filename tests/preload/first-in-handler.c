/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a signal handler maps memory while it has interrupted malloc, and
 * it is the first that is lazy: the engine's threads start then, and must not
 * want a lock that malloc holds below them.
 *
 * With VICTIM_SECOND_THREAD set there is another thread, so that malloc really
 * takes its lock. That found a hang which was mended, and has shown one more,
 * once in some thousand runs, which is not understood: see HACKING.md.
 */
#include "config.h"

#include <pthread.h>
#include <sys/time.h>

#include "tests/preload/victim.h"

#define LENGTH (128 * KIB)
#define CHILDREN 12

static volatile sig_atomic_t came;

/* mmap(2) is what the handler of a garbage collector calls. */
static void on_alarm(int number)
{
	char *memory;

	(void)number;
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, 2 * PAGE));
	CHECK(munmap(memory, LENGTH) == 0);
	came = 1;
}

static void *wait_there(void *argument)
{
	for (;;)
		pause();
	return argument;
}

/* In malloc nearly all of the time; each child starts anew. */
static void be_child(int nth)
{
	struct itimerval timer = { .it_value = { 0, 500 + 331 * nth } };
	void *blocks[64];
	pthread_t other;
	sigset_t alarm;

	/* The alarm is this thread's. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	if (getenv("VICTIM_SECOND_THREAD"))
		CHECK(pthread_create(&other, NULL, wait_there, NULL) == 0);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (!came) {
		for (size_t i = 0; i < 64; i++)
			blocks[i] = allocate(8 + 700 * i);
		for (size_t i = 0; i < 64; i++)
			free(blocks[i]);
	}
	_exit(0);
}

int main(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (pid == 0)
			be_child(i);
		wait_for(pid);
	}
	/* And in this process, for the statistics. */
	on_alarm(SIGALRM);
	return 0;
}
