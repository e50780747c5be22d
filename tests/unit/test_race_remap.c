/* SPDX-License-Identifier: MIT */
/*
 * Rationale: memory moves away while a page of it is filled. In each order it
 * has all its bytes at the new place; who waited at the old one gets SIGSEGV,
 * or, where MREMAP_DONTUNMAP leaves memory behind, what that holds. A block that
 * realloc moves has left its old place, where another allocator's may be by
 * then, before the engine is told.
 */
#include "config.h"

#include <sched.h>

#include "tests/unit/gate.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define WAITED 20

struct move {
	bool raw;
	int flags;
	char *from, *to;
	size_t first, last;
};

static void move(void *argument)
{
	struct move *m = argument;
	size_t length = (m->last - m->first) * PAGE;

	CHECK(lazy_mremap(m->raw, m->from + m->first * PAGE, length,
			  MREMAP_MAYMOVE | MREMAP_FIXED | m->flags,
			  m->to) == m->to);
}

static void check_old_place(const struct move *m, bool file)
{
	struct toucher toucher;

	for (size_t i = 0; i < PAGES; i++) {
		char *at = m->from + i * PAGE;

		if (i < m->first || i >= m->last)
			check_pattern(at, 0, PAGE, i * PAGE);
		else if (!(m->flags & MREMAP_DONTUNMAP))
			CHECK(touch(&toucher, at) == SIGSEGV || !is_hole(at));
		else if (file)
			check_pattern(at, 0, PAGE, i * PAGE);
		else
			check_bytes(at, 0, PAGE, 0);
	}
}

static void race(enum gate gate, bool file, struct move *m)
{
	size_t at = WAITED * PAGE + 5;
	size_t length = (m->last - m->first) * PAGE;
	bool stays = WAITED < m->first || WAITED >= m->last;
	struct toucher toucher;
	struct doer doer;

	m->from = file ? lazy_file() : lazy_memory();
	m->to = mmap(NULL, LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	CHECK(m->to != MAP_FAILED);
	gate_shut(gate);
	touch_begin(&toucher, m->from + at);
	gate_await(gate);
	doer_begin(&doer, move, m);
	if (gate == GATE_LOAD) {
		doer_end(&doer);
		gate_open(gate);
	} else {
		gate_open_in_change(gate);
		doer_end(&doer);
	}
	touch_end(&toucher);
	if (stays || (file && (m->flags & MREMAP_DONTUNMAP))) {
		CHECK_EQ(toucher.signal, 0);
		CHECK_EQ(toucher.got, pattern_at(at));
	} else if (m->flags & MREMAP_DONTUNMAP) {
		CHECK_EQ(toucher.signal, 0);
		CHECK_EQ(toucher.got, 0);
	} else if (toucher.signal || is_hole(m->from + at)) {
		CHECK_EQ(toucher.signal, SIGSEGV);
		CHECK(toucher.address == m->from + at);
	}
	check_pattern(m->to, 0, length, m->first * PAGE);
	check_old_place(m, file);
	if (m->flags & MREMAP_DONTUNMAP)
		munmap(m->from, LENGTH);
	else
		unmap_around(m->from, m->first, m->last);
	munmap(m->to, LENGTH);
}

/* More than what may become free behind it: a stack, a file of the store's that
 * the keeper is just dropping. */
#define GROWN (256 * LENGTH)

struct resize {
	char *block, *moved;
};

static void resize(void *argument)
{
	struct resize *r = argument;

	CHECK_EQ(engine->realloc(r->block, GROWN, (void **)&r->moved), 1);
}

static void race_realloc(void)
{
	struct toucher toucher;
	struct resize r;
	struct doer doer;
	char *behind;

	CHECK_EQ(engine->malloc(LENGTH, 1, (void **)&r.block), 1);
	CHECK_EQ(engine->usable_size(r.block), LENGTH);
	/* It cannot grow where it is. */
	gate_await_keeper();
	behind = mmap(r.block + LENGTH, PAGE, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	gate_shut(GATE_COPY);
	touch_begin(&toucher, r.block + WAITED * PAGE);
	gate_await(GATE_COPY);
	doer_begin(&doer, resize, &r);
	while (!is_hole(r.block))
		sched_yield();
	CHECK_EQ(engine->usable_size(r.block), 0);
	CHECK_EQ(engine->free(r.block), 0);
	gate_open(GATE_COPY);
	doer_end(&doer);
	touch_end(&toucher);
	CHECK(r.moved != r.block);
	CHECK_EQ(engine->usable_size(r.moved), GROWN);
	check_pattern(r.moved, 0, LENGTH, 0);
	CHECK_EQ(engine->free(r.moved), 1);
	if (behind != MAP_FAILED)
		munmap(behind, PAGE);
}

int main(void)
{
	static const size_t parts[][2] = {
		{ 0, PAGES }, { WAITED, WAITED + 1 }, { 18, 29 }, { 24, 40 },
	};

	gate_start(2);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		for (int way = 0; way < 6; way++) {
			/* A raw MREMAP_DONTUNMAP is told of in the manual. */
			struct move m = { .raw = way % 3 == 1,
					  .flags = way % 3 == 2 ?
							   MREMAP_DONTUNMAP :
							   0,
					  .first = parts[i][0],
					  .last = parts[i][1] };

			race(GATE_LOAD, way >= 3, &m);
			race(GATE_COPY, way >= 3, &m);
		}
	}
	race_realloc();
	return 0;
}
