/* SPDX-License-Identifier: MIT */
/*
 * Rationale: loads that do not come hold nobody who wants something else: neither
 * who waits for a later piece of the same fill, nor, when all readers are held and
 * none can be made for a while, since the program is changing its user, who comes
 * when that is over. And a load is watched that begins after threads were made.
 */
#include "config.h"

#include "preload/engine/handler_parts.h"
#include "preload/engine/thread.h"
#include "tests/unit/gate.h"

#define MS UINT64_C(1000000)

static void late_piece(void)
{
	struct toucher first, later, late;
	char *memory = lazy_coarse();

	gate_shut_store(GRANULE);
	touch_begin(&first, memory + 5);
	touch_end(&first);
	CHECK_EQ(first.got, pattern_at(5));
	gate_await(GATE_STORE);
	touch_begin(&late, memory + GRANULE + 7);
	gate_await_waiting(&late);
	touch_begin(&later, memory + 2 * GRANULE + 9);
	gate_await_waiting(&later);
	gate_let_time_pass(25 * MS);
	touch_end(&later);
	CHECK_EQ(later.got, pattern_at(2 * GRANULE + 9));
	gate_open(GATE_STORE);
	touch_end(&late);
	CHECK_EQ(late.got, pattern_at(GRANULE + 7));
	check_pattern(memory, 0, LENGTH, 0);
}

static void late_reader(void)
{
	struct toucher held[2], other;
	char *memory = lazy_impatient();
	uint32_t turn = ul_thread_ids_begin();

	gate_shut(GATE_LOAD);
	touch_begin(&held[0], memory);
	gate_await(GATE_LOAD);
	gate_shut_store(2 * GRANULE);
	touch_begin(&held[1], memory + 2 * GRANULE);
	gate_await(GATE_STORE);
	gate_let_timeout_pass();
	for (int i = 0; i < 2; i++) {
		touch_end(&held[i]);
		CHECK_EQ(held[i].signal, SIGBUS);
	}
	/* The keeper has looked, and looks no more where nothing is in flight. */
	gate_await_keeper();
	gate_await_keeper();
	ul_thread_ids_end(turn);
	touch_begin(&other, memory + 3 * GRANULE + 1);
	gate_await_keeper();
	touch_end(&other);
	CHECK_EQ(other.got, pattern_at(3 * GRANULE + 1));
	gate_open(GATE_LOAD);
	gate_open(GATE_STORE);
}

static void late_watch(void)
{
	char *memory = lazy_impatient();
	struct toucher toucher;

	ul_crew_want_workers();
	gate_slow_growth(1);
	gate_shut(GATE_LOAD);
	touch_begin(&toucher, memory);
	gate_await(GATE_LOAD);
	gate_slow_growth(0);
	gate_let_timeout_pass();
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, SIGBUS);
	gate_open(GATE_LOAD);
}

int main(void)
{
	/* Threads that fill ahead are made on the way: nobody else may come to a
	 * gate before. */
	gate_start(2);
	late_reader();
	late_watch();
	late_piece();
	return 0;
}
