/* SPDX-License-Identifier: MIT */
/*
 * ops_remap.c - mremap(2)
 *
 * It refuses a range that the kernel has in several mappings, which the shadow
 * cannot know; then nothing may have changed. From Linux 6.17 on it moves such
 * a range piece by piece, and stops in the middle where one piece is lazy:
 * that is documented, and here the kernel is asked beforehand.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "torture.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static void *remap(bool raw, void *at, size_t old_length, size_t length,
		   int flags, void *target)
{
	if (raw)
		return (void *)syscall(SYS_mremap, at, old_length, length,
				       flags, target);
	return mremap(at, old_length, length, flags, target);
}

/* Two threads at once past the hooks: the kernel tells of the moves in any order,
 * and nobody can put them right. Only with --races. */
static bool go_raw_alone(struct player *p)
{
	return go_raw(p) && (world.players == 1 || world.races);
}

/* A run of pages of one kind, as one mapping would have them. */
static bool is_alike(const struct page *a, const struct page *b)
{
	return a->state == b->state && a->prot == b->prot &&
	       a->file == b->file && a->shared == b->shared &&
	       a->wipe == b->wipe && a->nofork == b->nofork &&
	       (!a->file || a->offset + PAGE == b->offset);
}

static bool pick_run(struct player *p, size_t max, struct span *run)
{
	size_t first;

	if (!pick_span(p, NEED_MAPPED | NEED_ALIGNED | NEED_MMAP, max, run))
		return false;
	first = run->offset / PAGE;
	for (size_t i = 1; i < run->length / PAGE; i++)
		if (!is_alike(&run->area->page[first + i - 1],
			      &run->area->page[first + i]))
			run->length = i * PAGE;
	return true;
}

/* Does the kernel have all of the run in one mapping? */
static bool is_one_mapping(struct player *p, const struct span *run)
{
	uintptr_t start = (uintptr_t)span_at(run), low, high;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char *line = (char *)p->buffer;
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (used < BUFFER - 1 &&
	       (n = read(fd, p->buffer + used, BUFFER - 1 - used)) > 0)
		used += (size_t)n;
	close(fd);
	p->buffer[used] = '\0';
	for (; line; line = strchr(line, '\n')) {
		char *end;

		line += *line == '\n';
		low = strtoul(line, &end, 16);
		high = *end == '-' ? strtoul(end + 1, &end, 16) : 0;
		if (start >= low && start < high)
			return start + run->length <= high;
	}
	return false;
}

/* Pages change places. */
static void carry(struct area *from, size_t first, struct area *to,
		  size_t to_first, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		page_unmap(&to->page[to_first + i], HOLE);
		to->page[to_first + i] = from->page[first + i];
		memset(&from->page[first + i], 0, sizeof(struct page));
	}
}

static void extend(struct page *page, const struct page *last, size_t nth)
{
	if (last->file)
		page_map_file(page, last->prot, last->shared,
			      last->offset + nth * PAGE);
	else
		page_map(page, last->prot);
	page->wipe = last->wipe;
	page->nofork = last->nofork;
}

void op_shrink(struct player *p)
{
	struct span run;
	bool raw = go_raw_alone(p);
	size_t keep;
	void *at;

	if (!pick_run(p, AREA_MAX, &run) || run.length < 2 * PAGE)
		return;
	keep = (1 + rng_below(&p->rng, run.length / PAGE - 1)) * PAGE;
	note(p, "shrink %p from %zu to %zu%s", (void *)span_at(&run),
	     run.length, keep, raw ? ", raw" : "");
	at = remap(raw, span_at(&run), run.length, keep,
		   rng_once_in(&p->rng, 2) ? MREMAP_MAYMOVE : 0, NULL);
	if (at == MAP_FAILED) {
		note(p, "... refused: %s", strerror(errno));
		return;
	}
	if (at != span_at(&run))
		fail(p, "shrinking moved it");
	reserve(run.area, (run.offset + keep) / PAGE,
		(run.length - keep) / PAGE);
}

/* Nobody learns how far a mapping has grown past the hooks before it is used:
 * what is cut off unused is documented to be lost. */
static void read_end(struct player *p, struct area *area, size_t first,
		     size_t count)
{
	struct span span = { area, 0, 1 };

	while (count && area->page[first + count - 1].bus)
		count--;
	span.offset = (first + count - 1) * PAGE;
	if (count)
		compare_span(p, &span);
}

/* The last run of an area, which may grow in place or move. */
void op_grow(struct player *p)
{
	struct area *slot = area_free_slot(p);
	bool raw = go_raw_alone(p);
	size_t count, grown, first;
	struct area moved;
	struct span run;
	unsigned char *at;
	bool in_place;

	if (!slot || !pick_run(p, AREA_MAX, &run))
		return;
	first = run.offset / PAGE;
	count = run.length / PAGE;
	grown = count + 1 + rng_below(&p->rng, 100);
	if (first + grown > AREA_MAX / PAGE)
		return;
	/* Of a file that was filled at once there is no more than that. */
	if (world.at_once && run.area->page[first].file)
		return;
	raw = raw && (run.area->page[first].prot & PROT_READ);
	note(p, "grow %p from %zu to %zu pages%s", (void *)span_at(&run), count,
	     grown, raw ? ", raw" : "");
	at = remap(raw, span_at(&run), run.length, grown * PAGE, MREMAP_MAYMOVE,
		   NULL);
	if (at == MAP_FAILED) {
		note(p, "... refused: %s", strerror(errno));
		return;
	}
	note(p, "... now at %p", (void *)at);
	in_place = at == span_at(&run);
	if (in_place && first + count != run.area->pages)
		fail(p, "it grew over its neighbour");
	if (in_place) {
		for (size_t i = count; i < grown; i++)
			extend(&run.area->page[first + i],
			       &run.area->page[first + count - 1],
			       i - count + 1);
		run.area->pages = first + grown;
		run.area->size = run.area->pages * PAGE;
		if (raw)
			read_end(p, run.area, first, grown);
		return;
	}
	memset(&moved, 0, sizeof(moved));
	area_init(&moved, at, grown, run.area->what);
	carry(run.area, first, &moved, 0, count);
	for (size_t i = count; i < grown; i++)
		extend(&moved.page[i], &moved.page[count - 1], i - count + 1);
	*slot = moved;
	if (raw)
		read_end(p, slot, 0, grown);
	reserve(run.area, first, count);
}

/* To a place of our choice, over what is there. */
void op_remap(struct player *p)
{
	struct area *to = NULL;
	size_t count, first, to_first = 0;
	bool raw = go_raw_alone(p);
	struct span run;
	void *at;

	if (!pick_run(p, AREA_MAX, &run) || !is_one_mapping(p, &run))
		return;
	first = run.offset / PAGE;
	count = run.length / PAGE;
	for (int tries = 0; tries < 24 && !to; tries++) {
		struct area *area = &p->areas[rng_below(&p->rng, AREAS)];
		size_t i = 0;

		if (!area->base || area->block || area == run.area ||
		    area->pages < count)
			continue;
		to_first = rng_below(&p->rng, area->pages - count + 1);
		while (i < count && area->page[to_first + i].state != LOST)
			i++;
		to = i == count ? area : NULL;
	}
	if (!to)
		return;
	note(p, "remap %p to %p, %zu pages%s", (void *)span_at(&run),
	     (void *)(to->base + to_first * PAGE), count, raw ? ", raw" : "");
	at = remap(raw, span_at(&run), run.length, run.length,
		   MREMAP_MAYMOVE | MREMAP_FIXED, to->base + to_first * PAGE);
	if (at == MAP_FAILED) {
		/* What lay at the target may be gone or not. */
		note(p, "... refused: %s", strerror(errno));
		syscall(SYS_munmap, to->base + to_first * PAGE, count * PAGE);
		reserve(to, to_first, count);
		return;
	}
	carry(run.area, first, to, to_first, count);
	reserve(run.area, first, count);
}

/* The pages move, the mapping stays and is as new. */
void op_dontunmap(struct player *p)
{
	struct area *slot = area_free_slot(p);
	size_t first, count;
	struct area moved;
	struct span run;
	void *at;

	if (!slot || !pick_run(p, AREA_MAX, &run))
		return;
	first = run.offset / PAGE;
	count = run.length / PAGE;
	at = mremap(span_at(&run), run.length, run.length,
		    MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	note(p, "dontunmap %p, %zu pages: %p", (void *)span_at(&run), count,
	     at);
	if (at == MAP_FAILED)
		return;
	memset(&moved, 0, sizeof(moved));
	area_init(&moved, at, count, run.area->what);
	for (size_t i = 0; i < count; i++) {
		struct page *page = &run.area->page[first + i];

		extend(&moved.page[i], page, 0);
		moved.page[i].freed = page->freed;
		memcpy(moved.page[i].bytes, page->bytes, PAGE);
		page_discard(page);
	}
	*slot = moved;
}
