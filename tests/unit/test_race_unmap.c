/* SPDX-License-Identifier: MIT */
/*
 * Rationale: memory is unmapped while a page of it is filled and a thread waits
 * for that page. In each order it gets its SIGSEGV, or its byte if the page is
 * none of those; what is left is served, and nothing is placed in the hole. The
 * last region of a store takes the store with it, not before the fill is done.
 */
#include "config.h"

#include "tests/unit/gate.h"

#define WAITED 20

struct cut {
	bool raw;
	char *memory;
	size_t first, last;		/* pages: [first, last) go */
};

static const size_t cuts[][2] = {
	{ 0, PAGES }, { WAITED, WAITED + 1 }, { 17, 28 }, { 0, 18 },
	{ 24, PAGES }, { 25, 26 },
};

static void unmap(void *argument)
{
	struct cut *cut = argument;

	CHECK_EQ(lazy_munmap(cut->raw, cut->memory + cut->first * PAGE,
			     (cut->last - cut->first) * PAGE),
		 0);
}

static void race(enum gate gate, bool file, struct cut *cut)
{
	struct toucher toucher, hole;
	struct doer doer;
	char *waited;

	cut->memory = file ? lazy_file() : lazy_memory();
	waited = cut->memory + WAITED * PAGE + 9;
	gate_shut(gate);
	touch_begin(&toucher, waited);
	gate_await(gate);
	doer_begin(&doer, unmap, cut);
	if (gate == GATE_LOAD) {
		doer_end(&doer);
		gate_await_keeper();
		gate_open(gate);
	} else {
		gate_open_in_change(gate);
		doer_end(&doer);
	}
	touch_end(&toucher);
	if (WAITED >= cut->first && WAITED < cut->last) {
		CHECK(toucher.signal == SIGSEGV || !is_hole(waited));
		CHECK(!toucher.signal || toucher.address == waited);
	} else {
		CHECK_EQ(toucher.signal, 0);
		CHECK_EQ(toucher.got, pattern_at(WAITED * PAGE + 9));
	}
	for (size_t i = 0; i < PAGES; i++) {
		if (i < cut->first || i >= cut->last)
			check_pattern(cut->memory, i * PAGE, PAGE, i * PAGE);
		else
			CHECK(touch(&hole, cut->memory + i * PAGE) == SIGSEGV ||
			      !is_hole(cut->memory + i * PAGE));
	}
	unmap_around(cut->memory, cut->first, cut->last);
}

int main(void)
{
	gate_start(2);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		for (int way = 0; way < 4; way++) {
			struct cut cut = { .raw = way & 1,
					   .first = cuts[i][0],
					   .last = cuts[i][1] };

			race(GATE_LOAD, way & 2, &cut);
			race(GATE_COPY, way & 2, &cut);
		}
	}
	return 0;
}
