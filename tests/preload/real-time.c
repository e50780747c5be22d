/* SPDX-License-Identifier: MIT */
/*
 * Rationale: real-time threads spin on every processor until another, more
 * urgent, has read lazy memory. Whoever serves the
 * fault is of normal priority, and lives of what the kernel leaves to such.
 *
 * modes: plain file
 */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define LENGTH (64 * KIB)

static char *memory;
static atomic_bool done;
static pthread_barrier_t start;

static void become_real_time(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) != 0)
		SKIP("user: no real-time priority for this user");
}

static void *spin(void *argument)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)(intptr_t)argument, &set);
	sched_setaffinity(0, sizeof(set), &set);
	pthread_barrier_wait(&start);
	become_real_time(1);
	while (!done)
		continue;
	return NULL;
}

int main(void)
{
	pthread_t threads[CPU_SETSIZE];
	cpu_set_t set;
	size_t n = 0;

	CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
	memory = map_anonymous(LENGTH);
	pthread_barrier_init(&start, NULL, (unsigned int)CPU_COUNT(&set) + 1);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			pthread_create(&threads[n++], NULL, spin,
				       (void *)(intptr_t)cpu);
	pthread_barrier_wait(&start);
	become_real_time(2);
	CHECK(holds(memory, memory_at, 0, PAGE));
	done = true;
	while (n)
		pthread_join(threads[--n], NULL);
	return 0;
}
