/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a page becomes a guard page while a fault there was read already,
 * by a reader that is busy with another. Who waits for it meets the guard, and
 * so does everybody after that: the kernel would let us fill it.
 */
#include "config.h"

#include "tests/unit/gate.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

struct reading {
	const char *page;
	int signal;
};

static void read_page(void *argument)
{
	struct reading *reading = argument;
	struct toucher toucher;

	reading->signal = touch(&toucher, reading->page);
}

/* Two faults are read, and the first of them is being served. */
static void race(char *memory)
{
	struct reading reads[] = { { memory + 5 * PAGE, 0 },
				   { memory + 40 * PAGE, 0 },
				   { memory + 60 * PAGE, 0 } };
	struct toucher toucher;
	struct doer doers[3];

	gate_shut(GATE_COPY);
	doer_begin(&doers[0], read_page, &reads[0]);
	gate_await(GATE_COPY);
	for (int i = 1; i < 3; i++) {
		doer_begin(&doers[i], read_page, &reads[i]);
		doer_await_asleep(&doers[i]);
	}
	gate_shut(GATE_LOAD);
	gate_open(GATE_COPY);
	gate_await(GATE_LOAD);
	CHECK_EQ(lazy_madvise(false, memory + 60 * PAGE, PAGE,
			      MADV_GUARD_INSTALL),
		 0);
	gate_open(GATE_LOAD);
	for (int i = 0; i < 3; i++)
		doer_end(&doers[i]);
	CHECK_EQ(reads[0].signal, 0);
	CHECK_EQ(reads[1].signal, 0);
	CHECK_EQ(reads[2].signal, SIGSEGV);
	CHECK_EQ(touch(&toucher, memory + 60 * PAGE), SIGSEGV);
	check_pattern(memory, 0, 60 * PAGE, 0);
	check_pattern(memory, 61 * PAGE, 3 * PAGE, 61 * PAGE);
}

int main(void)
{
	char *file, *memory;

	gate_start(1);
	file = lazy_file();
	if (lazy_madvise(false, file, PAGE, MADV_GUARD_INSTALL) < 0)
		SKIP("kernel: no guard pages in what is mapped");
	CHECK_EQ(lazy_madvise(false, file, PAGE, MADV_GUARD_REMOVE), 0);
	race(file);
	/* A raw removal, of which nobody tells. */
	gate_let_time_pass(1);
	CHECK_EQ(lazy_madvise(true, file, LENGTH, MADV_GUARD_REMOVE), 0);
	check_pattern(file, 0, LENGTH, 0);
	memory = lazy_memory();
	race(memory);
	munmap(file, LENGTH);
	munmap(memory, LENGTH);
	return 0;
}
