/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fill on request comes to a page that a fault is having filled:
 * it waits, for as long as that takes, and does not tell of a failure. One that
 * its store's timeout ends does, and says why.
 */
#include "config.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include "preload/engine/lock.h"
#include "preload/engine/stats.h"
#include "tests/unit/gate.h"

#define AT (20 * PAGE + 5)
#define BREATHS 1500

static struct ul_stat_fill *block(void)
{
	return &ul_stats_header()->fill;
}

/* As uffdlazy-stat does it. */
static void ask(void)
{
	block()->region = 0;
	__atomic_add_fetch(&block()->request, 1, __ATOMIC_RELEASE);
	__atomic_add_fetch(&block()->bell, 1, __ATOMIC_RELEASE);
	ul_futex_wake_shared(&block()->bell);
}

static void await(void)
{
	uint32_t seen;

	while ((seen = __atomic_load_n(&block()->answered, __ATOMIC_ACQUIRE)) !=
	       block()->request)
		syscall(SYS_futex, &block()->answered, FUTEX_WAIT, seen, NULL,
			NULL, 0);
	CHECK_EQ(block()->result, 0);
}

static void waits_for_a_fault(void)
{
	char *memory = lazy_memory();
	struct toucher toucher;

	gate_shut(GATE_LOAD);
	touch_begin(&toucher, memory + AT);
	gate_await(GATE_LOAD);
	ask();
	gate_await_breaths(BREATHS);
	CHECK_EQ(block()->failed_bytes, 0);
	gate_open(GATE_LOAD);
	await();
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, 0);
	CHECK_EQ(block()->failed_bytes, 0);
	CHECK_EQ(block()->wanted_bytes, LENGTH);
	check_pattern(memory, 0, LENGTH, 0);
	lazy_munmap(false, memory, LENGTH);
}

/* It is the fill's own load that is given up, and a thread waits for it. */
static void is_given_up(void)
{
	char *memory = lazy_impatient();
	struct toucher toucher;

	gate_shut(GATE_LOAD);
	ask();
	gate_await(GATE_LOAD);
	touch_begin(&toucher, memory + 5 * PAGE);
	gate_await_waiting(&toucher);
	gate_let_timeout_pass();
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, SIGBUS);
	gate_open(GATE_LOAD);
	await();
	CHECK_EQ(block()->failed_bytes, PAGE);
	CHECK_HAS(block()->failure, "no answer in time");
	check_pattern(memory, 6 * PAGE, LENGTH - 6 * PAGE, 6 * PAGE);
	lazy_munmap(false, memory, LENGTH + PAGE);
}

int main(void)
{
	gate_start(2);
	waits_for_a_fault();
	is_given_up();
	return 0;
}
