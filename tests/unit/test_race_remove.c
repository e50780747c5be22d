/* SPDX-License-Identifier: MIT */
/*
 * Rationale: pages are given back while they are filled. In each order of the
 * two, what was given back of anonymous memory is zeros from then on, of a file
 * its bytes again, and the pages beside it have the store's.
 */
#include "config.h"

#include "tests/unit/gate.h"

#define FIRST 18			/* given back: these pages of a granule */
#define LAST 24

struct removal {
	bool raw;
	char *memory;
};

static void remove_pages(void *argument)
{
	struct removal *removal = argument;

	CHECK_EQ(lazy_madvise(removal->raw, removal->memory + FIRST * PAGE,
			      (LAST - FIRST) * PAGE, MADV_DONTNEED),
		 0);
}

static void check_result(char *memory, bool file, struct toucher *toucher)
{
	size_t at = (size_t)(toucher->at - memory);

	CHECK_EQ(toucher->signal, 0);
	CHECK(toucher->got == pattern_at(at) || (!file && !toucher->got));
	check_pattern(memory, 0, FIRST * PAGE, 0);
	if (file)
		check_pattern(memory, FIRST * PAGE, (LAST - FIRST) * PAGE,
			      FIRST * PAGE);
	else
		check_bytes(memory, FIRST * PAGE, (LAST - FIRST) * PAGE, 0);
	check_pattern(memory, LAST * PAGE, LENGTH - LAST * PAGE, LAST * PAGE);
}

/* page: who waits for it; among those given back or not. */
static void race(enum gate gate, bool raw, bool file, size_t page)
{
	struct removal removal = { raw, file ? lazy_file() : lazy_memory() };
	struct toucher toucher;
	struct doer doer;

	gate_shut(gate);
	touch_begin(&toucher, removal.memory + page * PAGE + 77);
	gate_await(gate);
	doer_begin(&doer, remove_pages, &removal);
	if (gate == GATE_LOAD) {	/* told of before the bytes are there */
		doer_end(&doer);
		gate_open(gate);
	} else {			/* begun, and not told of */
		gate_open_in_change(gate);
		doer_end(&doer);
	}
	touch_end(&toucher);
	check_result(removal.memory, file, &toucher);
	munmap(removal.memory, LENGTH);
}

static void one_after_the_other(bool raw, bool file)
{
	struct removal removal = { raw, file ? lazy_file() : lazy_memory() };
	struct toucher toucher;

	touch(&toucher, removal.memory + FIRST * PAGE);
	remove_pages(&removal);
	check_result(removal.memory, file, &toucher);
	munmap(removal.memory, LENGTH);
}

int main(void)
{
	gate_start(2);
	for (int i = 0; i < 4; i++) {
		bool raw = i & 1, file = i & 2;

		race(GATE_LOAD, raw, file, FIRST + 2);
		race(GATE_LOAD, raw, file, FIRST - 1);
		race(GATE_COPY, raw, file, FIRST + 2);
		race(GATE_COPY, raw, file, LAST);
		one_after_the_other(raw, file);
	}
	return 0;
}
