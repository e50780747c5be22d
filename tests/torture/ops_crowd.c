/* SPDX-License-Identifier: MIT */
/*
 * ops_crowd.c - some threads read the same memory, each in its own order
 *
 * Most of their faults are for what is in flight already. Meanwhile the player
 * changes what lies beside it, or forks.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "torture.h"

#define CROWD 4

struct reader {
	pthread_t thread;
	struct player *p;
	struct span span;
	struct rng rng;
};

/* A page, or a part of it; nothing that the shadow is changed by. */
static void look(struct reader *reader, size_t page)
{
	struct span one = { reader->span.area, reader->span.offset + page * PAGE,
			    PAGE };

	if (rng_once_in(&reader->rng, 4)) {
		one.offset += rng_below(&reader->rng, PAGE);
		one.length = 1;
	}
	compare_span(reader->p, &one);
}

static void *reader_main(void *argument)
{
	struct reader *reader = argument;
	size_t pages = reader->span.length / PAGE;
	size_t start = rng_below(&reader->rng, pages);
	size_t way = rng_below(&reader->rng, 4);

	me = reader->p;			/* for the report of a signal */
	for (size_t i = 0; i < pages; i++) {
		size_t at = (start + i) % pages;

		if (way == 1)
			at = i;
		else if (way == 2)
			at = pages - 1 - i;
		else if (way == 3)
			at = rng_below(&reader->rng, pages);
		look(reader, at);
	}
	return NULL;
}

static void give_back(struct player *p, struct area *area, size_t first,
		      size_t count, bool raw)
{
	unsigned char *at = area->base + first * PAGE;
	long error;

	note(p, "... gives back %p +%zu pages%s", (void *)at, count,
	     raw ? ", raw" : "");
	if (raw)
		error = syscall(SYS_madvise, at, count * PAGE,
				(long)MADV_DONTNEED);
	else
		error = madvise(at, count * PAGE, MADV_DONTNEED);
	for (size_t i = first; !error && i < first + count; i++)
		if (area->page[i].state == MAPPED)
			page_discard(&area->page[i]);
}

/* A change beside the span, in its area. */
static void change_beside(struct player *p, const struct span *span)
{
	size_t low = span->offset / PAGE, high = low + span->length / PAGE;
	struct area *area = span->area;
	size_t last = area->block ? area->size / PAGE : area->pages;
	bool before = rng_once_in(&p->rng, 2);
	size_t from = before ? 0 : high, to = before ? low : last;
	size_t first, count = 0;

	if (from >= to)
		return;
	first = from + rng_below(&p->rng, to - from);
	while (first + count < to && count < 16 &&
	       area->page[first + count].state == MAPPED)
		count++;
	if (!count)
		return;
	if (area->block || rng_once_in(&p->rng, 2)) {
		give_back(p, area, first, count, go_raw(p));
		return;
	}
	note(p, "... unmaps %p +%zu pages", (void *)(area->base + first * PAGE),
	     count);
	if (munmap(area->base + first * PAGE, count * PAGE))
		fail(p, "munmap beside a crowd: %s", strerror(errno));
	reserve(area, first, count);
}

void op_crowd(struct player *p)
{
	struct reader readers[CROWD];
	size_t n = 2 + rng_below(&p->rng, CROWD - 1), changes;
	struct span span;

	if (!pick_span(p, NEED_READ | NEED_ALIGNED, AREA_MAX, &span) ||
	    has_freed(&span) ||
	    (span.area->block && span.offset + span.length > span.area->size))
		return;
	note(p, "crowd of %zu at %p +%zu", n, (void *)span_at(&span),
	     span.length);
	/* Half of the time nothing of it is there, if it can be given back. */
	if (rng_once_in(&p->rng, 2))
		give_back(p, span.area, span.offset / PAGE, span.length / PAGE,
			  go_raw(p));
	block_signals(true);
	for (size_t i = 0; i < n; i++) {
		readers[i].p = p;
		readers[i].span = span;
		readers[i].rng.state = rng_next(&p->rng);
		if (pthread_create(&readers[i].thread, NULL, reader_main,
				   &readers[i]))
			fail(p, "pthread_create: %s", strerror(errno));
	}
	block_signals(false);
	changes = rng_below(&p->rng, 12);
	for (size_t i = 0; i < changes; i++)
		change_beside(p, &span);
	if (rng_once_in(&p->rng, 4))
		op_fork(p);
	for (size_t i = 0; i < n; i++)
		pthread_join(readers[i].thread, NULL);
}
