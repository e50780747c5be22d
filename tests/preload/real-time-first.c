/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a real-time thread that is bound to one processor makes the first lazy
 * mapping, and then keeps that processor until another thread, elsewhere, has read
 * it and made one of its own. Ours must not be left where it spins, nor be
 * real-time themselves.
 *
 * modes: plain file
 */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"

#define LENGTH (64 * KIB)

static char *_Atomic memory;
static atomic_bool done;
static size_t first_cpu = CPU_SETSIZE, other_cpu = CPU_SETSIZE;

static void bind(size_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(sched_setaffinity(0, sizeof(set), &set) == 0);
}

static void *read_elsewhere(void *unused)
{
	bind(other_cpu);
	while (!memory)
		sched_yield();
	CHECK(holds(memory, memory_at, 0, PAGE));
	CHECK(holds(map_anonymous(LENGTH), memory_at, 0, PAGE));
	done = true;
	return unused;
}

static void *map_first(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };

	bind(first_cpu);
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) != 0)
		SKIP("user: no real-time priority for this user");
	memory = map_anonymous(LENGTH);
	while (!done)
		continue;
	return unused;
}

int main(void)
{
	pthread_t mapper, reader;
	cpu_set_t set;

	CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			other_cpu = first_cpu;
			first_cpu = cpu;
		}
	if (other_cpu == CPU_SETSIZE)
		SKIP("machine: one processor");
	CHECK(pthread_create(&reader, NULL, read_elsewhere, NULL) == 0);
	CHECK(pthread_create(&mapper, NULL, map_first, NULL) == 0);
	pthread_join(mapper, NULL);
	pthread_join(reader, NULL);
	return 0;
}
