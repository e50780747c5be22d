/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a load is stuck, and what it is for is given back or replaced.
 * Who touches the memory then has its new bytes at once: it neither waits for
 * the load of what was there before, nor gets SIGBUS when that is given up.
 */
#include "config.h"

#include "preload/engine/handler_parts.h"
#include "tests/unit/gate.h"

#define WAITED 20
#define AT (WAITED * PAGE + 5)

enum way { REPLACED, UNMAPPED, GIVEN_BACK, WAYS };

/* The load never comes to an end while this goes on. */
static unsigned char change(enum way way, bool raw, char *memory)
{
	switch (way) {
	case REPLACED:			/* lazy in lazy */
		lazy_map_over(false, memory, LENGTH);
		return pattern_at(AT);
	case UNMAPPED:
		CHECK_EQ(lazy_munmap(raw, memory + WAITED * PAGE, PAGE), 0);
		lazy_map_over(false, memory + WAITED * PAGE, PAGE);
		return pattern_at(AT - WAITED * PAGE);
	default:
		CHECK_EQ(lazy_madvise(raw, memory + WAITED * PAGE, PAGE,
				      MADV_DONTNEED), 0);
		return 0;
	}
}

static void changed_in_a_load(enum way way, bool raw, bool impatient)
{
	char *memory = impatient ? lazy_impatient() : lazy_memory();
	struct toucher first, second;
	unsigned char expected;

	gate_shut(GATE_LOAD);
	touch_begin(&first, memory + AT);
	gate_await(GATE_LOAD);
	expected = change(way, raw, memory);
	CHECK_EQ(touch(&second, memory + AT), 0);
	CHECK_EQ(second.got, expected);
	touch_end(&first);
	/* Between the two there may have been nothing. */
	if (way != UNMAPPED || first.signal != SIGSEGV) {
		CHECK_EQ(first.signal, 0);
		CHECK_EQ(first.got, expected);
	}
	gate_open(GATE_LOAD);
	CHECK_EQ((unsigned char)memory[AT], expected);
	CHECK_EQ((unsigned char)memory[0], pattern_at(0));
	lazy_munmap(false, memory, LENGTH + (impatient ? PAGE : 0));
}

/* Nobody changes it: it is given up, and what comes later is thrown away. */
static void given_up(void)
{
	char *memory = lazy_impatient();
	struct toucher toucher;

	gate_shut(GATE_LOAD);
	touch_begin(&toucher, memory + AT);
	gate_await(GATE_LOAD);
	gate_let_timeout_pass();
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, SIGBUS);
	CHECK(toucher.address == memory + AT);
	CHECK_EQ((unsigned char)memory[AT - PAGE], pattern_at(AT - PAGE));
	gate_open(GATE_LOAD);
	gate_await_keeper();
	check_pattern(memory, 0, WAITED * PAGE, 0);
	check_pattern(memory, (WAITED + 1) * PAGE, LENGTH - (WAITED + 1) * PAGE,
		      (WAITED + 1) * PAGE);
	lazy_munmap(false, memory, LENGTH + PAGE);
}

/* A fault has workers made first, which takes longer than its store may: that is
 * not the store's time. */
static void made_workers(void)
{
	char *memory = lazy_impatient();
	struct toucher toucher;

	ul_crew_want_workers();
	gate_slow_growth(2 * UINT64_C(1000000) * GATE_TIMEOUT_MS);
	CHECK_EQ(touch(&toucher, memory + AT), 0);
	gate_slow_growth(0);
	CHECK_EQ(toucher.got, pattern_at(AT));
	lazy_munmap(false, memory, LENGTH + PAGE);
}

int main(void)
{
	gate_start(2);
	made_workers();
	for (int way = 0; way < WAYS; way++)
		for (int how = 0; how < 4; how++)
			changed_in_a_load((enum way)way, how & 1, how & 2);
	given_up();
	return 0;
}
