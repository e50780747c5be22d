/* SPDX-License-Identifier: MIT */
/* ops_block.c - malloc and its family, below and above the threshold. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "torture.h"

static size_t some_size(struct player *p)
{
	struct promise *promise;

	if (!world.n_promises || rng_once_in(&p->rng, 4))
		return 1 + rng_below(&p->rng, 200000);
	promise = &world.promises[rng_below(&p->rng, world.n_promises)];
	return promise->min + rng_below(&p->rng, promise->max - promise->min);
}

/* Bytes that nobody promised anything of get some. */
static void define(struct player *p, struct area *area, size_t from)
{
	while (from < area->size) {
		struct span span = { area, from, area->size - from };

		if (span.length > BUFFER)
			span.length = BUFFER;
		rng_fill(&p->rng, p->buffer, span.length);
		memcpy(span_at(&span), p->buffer, span.length);
		shadow_put(&span, p->buffer);
		from += span.length;
	}
}

static void enter(struct area *area, void *block, size_t size)
{
	area_init(area, block, (size + PAGE - 1) / PAGE, "block");
	area->block = true;
	area->size = size;
	for (size_t i = 0; i < area->pages; i++)
		page_map(&area->page[i], 3);
}

/* The block holds the promise; or is made to, where nothing else does it. */
static void keep_promise(struct area *area, const struct promise *promise)
{
	for (size_t i = 0; i < area->pages; i++) {
		size_t left = area->size - i * PAGE;

		if (left > PAGE)
			left = PAGE;
		promise_bytes(promise, i * PAGE, left, area->page[i].bytes);
		if (world.plain)
			memcpy(area->base + i * PAGE, area->page[i].bytes, left);
	}
}

static void *allocate(struct player *p, size_t *size, bool *zeroed,
		      size_t *alignment)
{
	void *block = NULL;

	*alignment = (size_t)16 << rng_below(&p->rng, 13);
	*zeroed = false;
	switch (rng_below(&p->rng, 8)) {
	case 0:
		*alignment = 16;
		*zeroed = true;
		return calloc(1, *size);
	case 1:
		return memalign(*alignment, *size);
	case 2:
		return posix_memalign(&block, *alignment, *size) ? NULL : block;
	case 3:
		*size = (*size + *alignment - 1) & ~(*alignment - 1);
		return aligned_alloc(*alignment, *size);
	case 4:
		*alignment = PAGE;
		return valloc(*size);
	default:
		*alignment = 16;
		return malloc(*size);
	}
}

void op_malloc(struct player *p)
{
	struct area *area = area_free_slot(p);
	struct promise *promise;
	size_t size, alignment;
	bool zeroed;
	void *block;

	if (!area)
		return;
	size = some_size(p);
	block = allocate(p, &size, &zeroed, &alignment);
	note(p, "malloc %zu alignment %zu%s: %p", size, alignment,
	     zeroed ? " zeroed" : "", block);
	if (!block)
		return;
	if ((uintptr_t)block % alignment)
		fail(p, "%p is not aligned to %zu", block, alignment);
	if (malloc_usable_size(block) < size)
		fail(p, "%zu bytes usable of %zu", malloc_usable_size(block),
		     size);
	enter(area, block, size);
	promise = promise_for(size);
	if (promise && !(world.at_once && !promise->length))
		keep_promise(area, promise);
	else if (!zeroed)
		define(p, area, 0);
}

static struct area *some_block(struct player *p)
{
	for (int tries = 0; tries < 24; tries++) {
		struct area *area = &p->areas[rng_below(&p->rng, AREAS)];

		if (area->base && area->block)
			return area;
	}
	return NULL;
}

/* What MADV_FREE left open cannot follow a copy. */
static void settle_block(struct player *p, struct area *area)
{
	struct span span = { area, 0, area->size };

	settle_freed(p, &span);
}

void op_realloc(struct player *p)
{
	struct area *area = some_block(p);
	size_t size = some_size(p);
	size_t kept, old_size;
	struct area moved;
	void *block;

	if (!area)
		return;
	if (rng_once_in(&p->rng, 4))	/* a little */
		size = area->size + rng_below(&p->rng, 3 * PAGE);
	if (size > AREA_MAX)
		return;
	settle_block(p, area);
	note(p, "realloc %p from %zu to %zu", (void *)area->base, area->size,
	     size);
	old_size = area->size;
	block = realloc(area->base, size);
	if (!block)
		fail(p, "realloc failed");
	note(p, "... now at %p", block);
	if (malloc_usable_size(block) < size)
		fail(p, "%zu bytes usable of %zu", malloc_usable_size(block),
		     size);
	memset(&moved, 0, sizeof(moved));
	enter(&moved, block, size);
	kept = old_size < size ? old_size : size;
	for (size_t i = 0; i < (kept + PAGE - 1) / PAGE; i++)
		memcpy(moved.page[i].bytes, area->page[i].bytes, PAGE);
	area_drop(area);
	*area = moved;
	define(p, area, kept);
	if (rng_once_in(&p->rng, 4))
		compare_area(p, area);
}

void op_free(struct player *p)
{
	struct area *area = some_block(p);

	if (!area)
		return;
	note(p, "free %p", (void *)area->base);
	if (rng_once_in(&p->rng, 4))
		compare_area(p, area);
	free(area->base);
	area_drop(area);
}
