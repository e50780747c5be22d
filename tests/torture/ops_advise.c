/* SPDX-License-Identifier: MIT */
/* ops_advise.c - madvise(2), mlock(2) and their like. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "torture.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static long advise(struct player *p, const struct span *span, int advice)
{
	bool raw = go_raw(p);

	note(p, "madvise %p +%zu, %d%s", (void *)span_at(span), span->length,
	     advice, raw ? ", raw" : "");
	if (raw)
		return syscall(SYS_madvise, span_at(span), span->length,
			       advice);
	return madvise(span_at(span), span->length, advice);
}

static bool pick_pages(struct player *p, int need, struct span *span)
{
	size_t max = rng_once_in(&p->rng, 3) ? AREA_MAX : 12 * PAGE;

	return pick_span(p, need | NEED_ALIGNED, max, span);
}

#define EACH_PAGE(span, page)                                                  \
	for (struct page *page = &(span)->area->page[(span)->offset / PAGE],   \
			 *last_ = page + (span)->length / PAGE;                \
	     page < last_; page++)

static bool has_file(const struct span *span)
{
	EACH_PAGE(span, page)
		if (page->file)
			return true;
	return false;
}

void op_dontneed(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_MAPPED, &span))
		return;
	if (advise(p, &span, MADV_DONTNEED))
		return;			/* locked: EINVAL, maybe half done */
	EACH_PAGE(&span, page)
		page_discard(page);
}

/*
 * Linux, 6.18 at least, may take a page from a process whose relative has freed
 * it: if they share it, and the other's entry for it is clean. O_DIRECT makes such
 * entries where it reads what was shared at the time. A page that is written here
 * is shared with nobody.
 */
static void share_nothing(struct player *p, const struct span *span)
{
	if (!p->depth && !p->child && world.players == 1)
		return;
	for (size_t at = 0; at < span->length; at += PAGE) {
		volatile char *byte = (volatile char *)span_at(span) + at;

		*byte = *byte;
	}
}

void op_madv_free(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_READ | NEED_WRITE, &span))
		return;
	if (has_file(&span)) {
		/* Memory before the file would be freed before it fails. */
		if (span.area->page[span.offset / PAGE].file &&
		    madvise(span_at(&span), span.length, MADV_FREE) == 0)
			fail(p, "MADV_FREE of a mapped file at %p",
			     (void *)span_at(&span));
		return;
	}
	share_nothing(p, &span);
	if (advise(p, &span, MADV_FREE))
		return;
	EACH_PAGE(&span, page)
		page->freed = true;
}

void op_advise(struct player *p)
{
	static const int advices[] = { MADV_NORMAL, MADV_RANDOM,
				       MADV_SEQUENTIAL, MADV_WILLNEED,
				       MADV_COLD, MADV_PAGEOUT, MADV_MERGEABLE,
				       MADV_UNMERGEABLE, MADV_DONTDUMP,
				       MADV_DODUMP };
	struct span span;

	if (!pick_pages(p, NEED_MAPPED, &span))
		return;
	if (rng_once_in(&p->rng, 8))
		posix_madvise(span_at(&span), span.length,
			      POSIX_MADV_DONTNEED);
	advise(p, &span, advices[rng_below(&p->rng, 10)]);
}

void op_populate(struct player *p)
{
	bool write = rng_once_in(&p->rng, 2);
	struct span span;

	if (!pick_pages(p, write ? NEED_READ | NEED_WRITE : NEED_READ, &span))
		return;
	if (advise(p, &span, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) &&
	    errno != EINTR)
		fail(p, "populate: %s", strerror(errno));
}

void op_hugepage(struct player *p)
{
	struct span span;

	if (pick_pages(p, NEED_MAPPED, &span))
		advise(p, &span, rng_once_in(&p->rng, 2) ? MADV_HUGEPAGE :
							   MADV_NOHUGEPAGE);
}

void op_mlock(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_READ | NEED_WRITE | NEED_MMAP, &span))
		return;
	note(p, "mlock %p +%zu", (void *)span_at(&span), span.length);
	if (mlock(span_at(&span), span.length) == 0)
		compare_span(p, &span);
	/* Not for ever, for what is locked cannot be given back. */
	munlock(span_at(&span), span.length);
}

void op_msync(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_MAPPED, &span))
		return;
	note(p, "msync %p +%zu", (void *)span_at(&span), span.length);
	if (msync(span_at(&span), span.length,
		  rng_once_in(&p->rng, 2) ? MS_SYNC : MS_ASYNC))
		fail(p, "msync: %s", strerror(errno));
}

void op_mincore(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_MAPPED, &span))
		return;
	note(p, "mincore %p +%zu", (void *)span_at(&span), span.length);
	if (mincore(span_at(&span), span.length, p->buffer))
		fail(p, "mincore: %s", strerror(errno));
}

/* What a child gets of these pages. */
void op_forkadvice(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_MMAP, &span))
		return;
	switch (rng_below(&p->rng, 4)) {
	case 0:
		if (advise(p, &span, MADV_DONTFORK) == 0)
			EACH_PAGE(&span, page)
				page->nofork = true;
		break;
	case 1:
		if (advise(p, &span, MADV_DOFORK) == 0)
			EACH_PAGE(&span, page)
				page->nofork = false;
		break;
	case 2:
		if (has_file(&span)) {
			if (span.area->page[span.offset / PAGE].file &&
			    madvise(span_at(&span), span.length,
				    MADV_WIPEONFORK) == 0)
				fail(p, "MADV_WIPEONFORK of a mapped file");
		} else if (madvise(span_at(&span), span.length,
				   MADV_WIPEONFORK) == 0) {
			note(p, "wipeonfork %p +%zu", (void *)span_at(&span),
			     span.length);
			EACH_PAGE(&span, page)
				page->wipe = true;
		}
		break;
	default:
		if (advise(p, &span, MADV_KEEPONFORK) == 0)
			EACH_PAGE(&span, page)
				page->wipe = false;
	}
}
