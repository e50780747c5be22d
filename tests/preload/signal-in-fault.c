/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a signal interrupts a fault; its handler touches lazy memory too,
 * on a lazy stack; then the access that was interrupted faults again, and the
 * kernel tells of it twice.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "tests/preload/victim.h"

#define LENGTH (48 * MIB)
#define STACK (256 * KIB)

static char *memory, *for_handler;
static atomic_size_t handled, wrong;
static atomic_bool stop;

static void on_signal(int number)
{
	size_t at = (handled * 7919 * PAGE + 17) % LENGTH;

	(void)number;
	if ((unsigned char)for_handler[at] != memory_at(at))
		wrong++;
	handled++;
}

static void *sender(void *argument)
{
	pthread_t *target = argument;

	while (!stop) {
		size_t before = handled;

		pthread_kill(*target, SIGUSR1);
		while (handled == before && !stop)
			sched_yield();
	}
	return NULL;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_ONSTACK | SA_RESTART };
	pthread_t self = pthread_self(), thread;
	stack_t stack = { .ss_size = STACK };

	memory = map_anonymous(LENGTH);
	for_handler = map_anonymous(LENGTH);
	stack.ss_sp = map_anonymous(STACK);
	CHECK(sigaltstack(&stack, NULL) == 0);
	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&thread, NULL, sender, &self);
	while (!handled)
		sched_yield();
	/* backwards, so that each touch is a fault of its own */
	for (size_t at = LENGTH; at; at -= PAGE)
		CHECK((unsigned char)memory[at - PAGE] == memory_at(at - PAGE));
	stop = true;
	pthread_join(thread, NULL);
	CHECK(wrong == 0);
	CHECK(handled > 0);
	return 0;
}
