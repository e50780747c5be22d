/* SPDX-License-Identifier: MIT */
/*
 * Rationale: when the last of the program's threads ends, the process ends,
 * though threads of ours are left; also when that is not the main thread. It does
 * so by exit(3), also while more of ours are being made.
 */
#include "config.h"

#include <pthread.h>
#include <time.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static pthread_t main_thread;
static char *memory;

static void say_bye(void)
{
	_exit(17);
}

static void spin(long ns)
{
	struct timespec begun, now;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begun.tv_sec) * 1000000000L + now.tv_nsec -
		       begun.tv_nsec < ns);
}

/* Soon after its first lazy memory, or after the first page of a sequence. */
static void end_soon(int which)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		atexit(say_bye);
		memory = map_anonymous(LENGTH);
		CHECK(holds(memory, memory_at, 0,
			    (size_t)(which % 3) * LENGTH / 2));
		spin(which * 50000L);
		pthread_exit(NULL);
	}
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (status != 17 << 8)
		fprintf(stderr, "%d: status %#x\n", which, (unsigned int)status);
	CHECK_EQ(status, 17 << 8);
}

static void *last(void *argument)
{
	pid_t pid;

	(void)argument;
	pthread_join(main_thread, NULL);
	CHECK(holds(memory, memory_at, 0, LENGTH / 2));
	free(allocate(LENGTH));
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, LENGTH));
		pthread_exit(NULL);
	}
	wait_for(pid);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < 120; i++)
		end_soon(i % 60);
	main_thread = pthread_self();
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, PAGE));
	pthread_create(&thread, NULL, last, NULL);
	pthread_exit(NULL);
}
