/* SPDX-License-Identifier: MIT */
/*
 * Rationale: MAP_FIXED over a page that is being filled. In each order the new
 * mapping has its own bytes, be it plain or lazy, and never one of the old.
 */
#include "config.h"

#include "tests/unit/gate.h"

#define WAITED 20

struct change {
	bool raw;
	char *memory;
	size_t first, last;
};

static void replace(void *argument)
{
	struct change *change = argument;

	lazy_map_over(change->raw, change->memory + change->first * PAGE,
		      (change->last - change->first) * PAGE);
}

static unsigned char new_byte(const struct change *change, size_t at)
{
	return change->raw ? 0 : pattern_at(at - change->first * PAGE);
}

static void race(enum gate gate, bool file, struct change *change)
{
	size_t at = WAITED * PAGE + 5;
	struct toucher toucher;
	struct doer doer;
	bool is_new = WAITED >= change->first && WAITED < change->last;

	change->memory = file ? lazy_file() : lazy_memory();
	gate_shut(gate);
	touch_begin(&toucher, change->memory + at);
	gate_await(gate);
	doer_begin(&doer, replace, change);
	if (gate == GATE_LOAD) {
		doer_end(&doer);
		gate_await_keeper();
		gate_open(gate);
	} else {
		/* A hook registers the new mapping before it is there. */
		if (change->raw)
			gate_open_in_change(gate);
		else
			gate_open_when_wanted(gate);
		doer_end(&doer);
	}
	touch_end(&toucher);
	CHECK_EQ(toucher.signal, 0);
	/* In time for a hook to come after the copy, which is served first. */
	if (is_new && !(gate == GATE_COPY && !change->raw &&
			toucher.got == pattern_at(at)))
		CHECK_EQ(toucher.got, new_byte(change, at));
	else
		CHECK_EQ(toucher.got, pattern_at(at));
	for (size_t i = 0; i < LENGTH; i++) {
		bool fresh = i / PAGE >= change->first &&
			     i / PAGE < change->last;

		CHECK_EQ((unsigned char)change->memory[i],
			 fresh ? new_byte(change, i) : pattern_at(i));
	}
	munmap(change->memory, LENGTH);
}

int main(void)
{
	static const size_t parts[][2] = {
		{ 0, PAGES }, { WAITED, WAITED + 1 }, { 16, 32 }, { 22, 40 },
	};

	gate_start(2);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		for (int way = 0; way < 4; way++) {
			struct change change = { .raw = way & 1,
						 .first = parts[i][0],
						 .last = parts[i][1] };

			race(GATE_LOAD, way & 2, &change);
			race(GATE_COPY, way & 2, &change);
		}
	}
	return 0;
}
