/* SPDX-License-Identifier: MIT */
/* ops_bytes.c - loads and stores. */
#include <string.h>

#include "torture.h"

static size_t some_size(struct player *p)
{
	static const size_t most[] = { 8, 64, PAGE, 5 * PAGE, 20 * PAGE,
				       BUFFER };

	return most[rng_below(&p->rng, 6)];
}

void op_read(struct player *p)
{
	struct span span;

	if (!pick_span(p, NEED_READ, some_size(p), &span))
		return;
	note(p, "read %p +%zu", (void *)span_at(&span), span.length);
	compare_span(p, &span);
}

void op_write(struct player *p)
{
	struct span span;

	if (!pick_span(p, NEED_WRITE, some_size(p), &span))
		return;
	note(p, "write %p +%zu", (void *)span_at(&span), span.length);
	settle_freed(p, &span);
	rng_fill(&p->rng, p->buffer, span.length);
	memcpy(span_at(&span), p->buffer, span.length);
	shadow_put(&span, p->buffer);
	if (rng_once_in(&p->rng, 2))
		compare_span(p, &span);
}

/* From lazy to lazy, which may be the same place: both miss at once. */
void op_move(struct player *p)
{
	struct span from, to;

	if (!pick_span(p, NEED_READ, some_size(p), &from) ||
	    !pick_span(p, NEED_READ | NEED_WRITE, from.length, &to))
		return;
	from.length = to.length;
	note(p, "move %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	settle_freed(p, &to);
	/* A freed page may change between the copy and a look at it. */
	for (size_t i = from.offset / PAGE;
	     i <= (from.offset + from.length - 1) / PAGE; i++)
		if (from.area->page[i].freed)
			return;
	memmove(span_at(&to), span_at(&from), to.length);
	shadow_get(&from, p->buffer);
	shadow_put(&to, p->buffer);
	compare_span(p, &to);
}

void op_compare(struct player *p)
{
	struct area *area = &p->areas[rng_below(&p->rng, AREAS)];

	if (!area->base)
		return;
	note(p, "compare %p, %zu pages", (void *)area->base, area->pages);
	compare_area(p, area);
}

/* Page after page, as readahead likes it. */
void op_walk(struct player *p)
{
	struct span span, one;

	if (!pick_span(p, NEED_READ | NEED_ALIGNED, AREA_MAX, &span))
		return;
	note(p, "walk %p +%zu", (void *)span_at(&span), span.length);
	for (size_t at = 0; at < span.length; at += PAGE) {
		one = (struct span){ span.area,
				     span.offset + at + rng_below(&p->rng, PAGE),
				     1 };
		compare_span(p, &one);
	}
}

void op_shared(struct player *p)
{
	struct area *area;
	struct span span;

	if (!world.n_shared)
		return;
	area = &world.shared[rng_below(&p->rng, world.n_shared)];
	if (rng_once_in(&p->rng, 20)) {
		note(p, "compare shared %p", (void *)area->base);
		compare_area(p, area);
		return;
	}
	span.area = area;
	span.offset = rng_below(&p->rng, area->size - 1);
	span.length = 1 + rng_below(&p->rng, some_size(p));
	if (span.length > area->size - span.offset)
		span.length = area->size - span.offset;
	note(p, "read shared %p +%zu", (void *)span_at(&span), span.length);
	compare_span(p, &span);
}
