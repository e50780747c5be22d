/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fault is served piece by piece. While one piece is placed its
 * reader is told of a change elsewhere, and reads a fault with it; then the
 * load of the next piece gets stuck. Another reader, which has heard nothing,
 * serves what was read.
 */
#include "config.h"

#include "tests/unit/gate.h"

static void read_page(void *page)
{
	struct toucher toucher;

	CHECK_EQ(touch(&toucher, page), 0);
}

static void give_back(void *page)
{
	lazy_madvise(true, page, PAGE, MADV_DONTNEED);
}

int main(void)
{
	struct doer first, second, change;
	char *memory, *other;

	gate_start(2);
	memory = lazy_coarse();
	other = lazy_memory();
	/* Zeros, which no load brings. */
	give_back(other + 40 * PAGE);
	gate_shut(GATE_COPY);
	doer_begin(&first, read_page, memory + 5 * PAGE);
	gate_await(GATE_COPY);
	gate_deafen(true);
	doer_begin(&second, read_page, other + 40 * PAGE);
	gate_await_message(GATE_COPY);
	gate_await_deaf(1);
	gate_shut(GATE_LOAD);
	doer_begin(&change, give_back, other);
	gate_open_in_change(GATE_COPY);
	gate_await(GATE_LOAD);
	doer_end(&first);
	doer_end(&second);
	doer_end(&change);
	gate_deafen(false);
	gate_open(GATE_LOAD);
	check_pattern(memory, 0, LENGTH, 0);
	check_bytes(other, 40 * PAGE, PAGE, 0);
	lazy_munmap(false, memory, LENGTH + 2 * PAGE);
	lazy_munmap(false, other, LENGTH);
	return 0;
}
