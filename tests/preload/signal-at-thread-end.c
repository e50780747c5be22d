/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a thread that ends runs code of the program's to the last, in the
 * destructors of its thread-specific data, and gets its signals there.
 *
 * modes: plain zero
 */
#include "config.h"

#include <pthread.h>

#include "tests/preload/victim.h"

static pthread_key_t key;
static volatile sig_atomic_t handled;

static void handle(int number)
{
	(void)number;
	handled = 1;
}

static void wait_for_signal(void *value)
{
	sigset_t signals;

	(void)value;
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, NULL, &signals), 0);
	CHECK(!sigismember(&signals, SIGUSR1));
	CHECK(sigismember(&signals, SIGUSR2));
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK(handled);
}

/* The key is made after the thread's first lazy memory: its destructor comes
 * after what the library does at a thread's end. */
static void *end(void *argument)
{
	char *memory = map_anonymous(MIB);
	sigset_t signals;

	CHECK(holds(memory, memory_at, 0, PAGE));
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &signals, NULL), 0);
	CHECK_EQ(pthread_key_create(&key, wait_for_signal), 0);
	CHECK_EQ(pthread_setspecific(key, &key), 0);
	return argument;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handle };
	pthread_t thread;

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, end, NULL), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK(handled);
	return 0;
}
