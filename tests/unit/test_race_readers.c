/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a reader that places a page is told of a change, and reads that,
 * and two more faults with it. It serves one of them, which may take long;
 * meanwhile another reader, which has heard nothing, serves what was read.
 */
#include "config.h"

#include <semaphore.h>

#include "tests/unit/gate.h"

static sem_t served;

static void read_page(void *page)
{
	struct toucher toucher;

	CHECK_EQ(touch(&toucher, page), 0);
	sem_post(&served);
}

static void give_back(void *argument)
{
	lazy_madvise(true, (char *)argument + 6 * PAGE, PAGE, MADV_DONTNEED);
}

int main(void)
{
	struct doer first, second, third, change;
	char *memory;

	gate_start(2);
	CHECK_EQ(sem_init(&served, 0, 0), 0);
	memory = lazy_memory();
	gate_shut(GATE_COPY);
	doer_begin(&first, read_page, memory + 5 * PAGE);
	gate_await(GATE_COPY);
	gate_deafen(true);
	doer_begin(&second, read_page, memory + 40 * PAGE);
	gate_await_message(GATE_COPY);
	gate_await_deaf(1);
	doer_begin(&third, read_page, memory + 60 * PAGE);
	doer_await_asleep(&third);
	gate_shut(GATE_LOAD);
	doer_begin(&change, give_back, memory);
	gate_open_in_change(GATE_COPY);
	gate_await(GATE_LOAD);
	/* Whichever of the loads came to the gate first: not all. */
	sem_wait(&served);
	gate_deafen(false);
	gate_open(GATE_LOAD);
	doer_end(&first);
	doer_end(&second);
	doer_end(&third);
	doer_end(&change);
	check_pattern(memory, 0, 6 * PAGE, 0);
	check_pattern(memory, 7 * PAGE, LENGTH - 7 * PAGE, 7 * PAGE);
	lazy_munmap(false, memory, LENGTH);
	return 0;
}
