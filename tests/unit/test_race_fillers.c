/* SPDX-License-Identifier: MIT */
/*
 * Rationale: two are about to fill one page. Those who come while it is being
 * filled wait for that fill; a page that is there already is left as it is,
 * whoever waits for it is woken, and its neighbours are filled all the same.
 */
#include "config.h"

#include <errno.h>

#include "tests/unit/gate.h"

#define WAITED 20

static void one_fill_serves_all(void)
{
	char *memory = lazy_memory();
	struct toucher first, same, near;
	unsigned int before = gate_loads();

	gate_shut(GATE_LOAD);
	touch_begin(&first, memory + WAITED * PAGE);
	gate_await(GATE_LOAD);
	touch_begin(&same, memory + WAITED * PAGE + 1);
	touch_begin(&near, memory + 31 * PAGE);
	gate_await_waiting(&same);
	gate_await_waiting(&near);
	gate_open(GATE_LOAD);
	touch_end(&first);
	touch_end(&same);
	touch_end(&near);
	CHECK_EQ(first.got, pattern_at(WAITED * PAGE));
	CHECK_EQ(same.got, pattern_at(WAITED * PAGE + 1));
	CHECK_EQ(near.got, pattern_at(31 * PAGE));
	CHECK_EQ(gate_loads(), before + 1);
	munmap(memory, LENGTH);
}

/* Their fill fails: nobody is forgotten. */
static void one_failure_wakes_all(void)
{
	char *memory = lazy_memory();
	struct toucher first, same, near;

	gate_shut(GATE_LOAD);
	gate_fail_loads(2, -EIO, "the disk is on fire");
	touch_begin(&first, memory + WAITED * PAGE);
	gate_await(GATE_LOAD);
	touch_begin(&same, memory + WAITED * PAGE + 1);
	touch_begin(&near, memory + 31 * PAGE);
	gate_await_waiting(&same);
	gate_await_waiting(&near);
	gate_open(GATE_LOAD);
	touch_end(&first);
	touch_end(&same);
	touch_end(&near);
	/* Which two loads fail is a matter of order; and a page that one of them
	 * poisoned gets its bytes when a neighbour's load has them after all. */
	CHECK(first.signal == SIGBUS || first.got == pattern_at(WAITED * PAGE));
	CHECK(same.signal == SIGBUS ||
	      same.got == pattern_at(WAITED * PAGE + 1));
	CHECK(near.signal == SIGBUS || near.got == pattern_at(31 * PAGE));
	gate_fail_loads(0, 0, NULL);
	munmap(memory, LENGTH);
}

/* A page that is there before its fill: the one waited for, or another. */
static void there_already(size_t page)
{
	char *memory = lazy_memory();
	struct toucher toucher;

	gate_place_before((uintptr_t)memory + page * PAGE, 7);
	touch_begin(&toucher, memory + WAITED * PAGE);
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, 0);
	CHECK_EQ(toucher.got,
		 page == WAITED ? 7 : pattern_at(WAITED * PAGE));
	check_pattern(memory, 0, page * PAGE, 0);
	check_bytes(memory, page * PAGE, PAGE, 7);
	check_pattern(memory, (page + 1) * PAGE, LENGTH - (page + 1) * PAGE,
		      (page + 1) * PAGE);
	munmap(memory, LENGTH);
}

int main(void)
{
	gate_start(2);
	one_fill_serves_all();
	one_failure_wakes_all();
	there_already(WAITED);
	there_already(16);		/* the first of the granule */
	there_already(18);
	there_already(25);
	there_already(31);		/* the last */
	return 0;
}
