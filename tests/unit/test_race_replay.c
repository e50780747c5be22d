/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a thread waits for a page of what is replayed, and is woken when
 * its neighbours are there, too. A load of those gets stuck: it is woken all
 * the same, when the load is given up or has taken long, for its own page is
 * there.
 */
#include "config.h"

#include <sched.h>

#include "preload/engine/handler.h"
#include "preload/engine/region.h"
#include "preload/engine/replay.h"
#include "tests/unit/gate.h"

#define FILLS 4u
#define SECOND UINT64_C(1000000000)

static struct ul_replay_fill fills[FILLS];
static const struct ul_replay_region recorded = { .count = FILLS,
						  .rule = "test" };

static void replay(const char *memory)
{
	struct ul_replay_job job = { .recorded = &recorded, .fills = fills,
				     .start = (uintptr_t)memory,
				     .length = LENGTH };

	ul_lock_take(&ul_baton);
	job.made = ul_registry_find((uintptr_t)memory)->made;
	ul_lock_drop(&ul_baton);
	ul_replay_add(&job);
}

/* A worker is with the first of four, the reader with the third; for company it
 * goes on with the second. */
static void stuck(bool impatient)
{
	char *memory = impatient ? lazy_impatient() : lazy_memory();
	struct toucher toucher;

	/* Where a record is replayed there are workers from the start; here, with
	 * this. */
	ul_handler_expect_filter();
	gate_shut(GATE_LOAD);
	replay(memory);
	gate_await(GATE_LOAD);
	gate_shut_store(GRANULE);
	touch_begin(&toucher, memory + 2 * GRANULE + 5);
	gate_await(GATE_STORE);
	if (impatient)
		gate_let_timeout_pass();
	else
		gate_let_time_pass(SECOND);
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, 0);
	CHECK_EQ(toucher.got, pattern_at(2 * GRANULE + 5));
	gate_open(GATE_STORE);
	gate_open(GATE_LOAD);
	check_pattern(memory, 0, LENGTH, 0);
	lazy_munmap(false, memory, LENGTH + (impatient ? PAGE : 0));
}

int main(void)
{
	cpu_set_t one;

	/* One worker. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	for (unsigned int i = 0; i < FILLS; i++)
		fills[i] = (struct ul_replay_fill){ .offset = i * GRANULE,
						    .length = GRANULE,
						    .order = i };
	gate_start(1);
	stuck(true);
	stuck(false);
	return 0;
}
