/* SPDX-License-Identifier: MIT */
/* ops_more.c - mappings and advice that programs use less often. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/preload/raw.h"
#include "torture.h"

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#define GUARD_INSTALL 102		/* MADV_GUARD_INSTALL, Linux 6.13 */
#define GUARD_REMOVE 103
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static void discard(const struct span *span, size_t length)
{
	for (size_t at = 0; at < length; at += PAGE)
		page_discard(&span->area->page[(span->offset + at) / PAGE]);
}

static bool pick_pages(struct player *p, int need, struct span *span)
{
	size_t max = rng_once_in(&p->rng, 3) ? AREA_MAX : 12 * PAGE;

	return pick_span(p, need | NEED_ALIGNED, max, span);
}

/* Nobody may use it before it is made accessible, piece by piece. */
void op_reserve(struct player *p)
{
	struct area *area = area_free_slot(p);
	size_t pages = some_pages(p);
	unsigned char *at;

	if (!area)
		return;
	at = mmap(NULL, pages * PAGE, PROT_NONE,
		  ANONYMOUS | (rng_once_in(&p->rng, 2) ? MAP_NORESERVE : 0),
		  -1, 0);
	note(p, "reserve %zu pages: %p", pages, (void *)at);
	if (at == MAP_FAILED)
		return;
	area_init(area, at, pages, "reserved");
	if (world.plain)
		mprotect(at, pages * PAGE, RW);
	enter_anonymous(area, 0, pages, false);
	if (world.plain)
		mprotect(at, pages * PAGE, PROT_NONE);
	for (size_t i = 0; i < pages; i++)
		area->page[i].prot = PROT_NONE;
	for (size_t i = 0; i < pages;) {
		size_t count = 1 + rng_below(&p->rng, pages - i);

		if (rng_once_in(&p->rng, 2)) {
			if (mprotect(at + i * PAGE, count * PAGE, RW))
				fail(p, "mprotect: %s", strerror(errno));
			for (size_t j = i; j < i + count; j++)
				area->page[j].prot = RW;
		}
		i += count;
	}
}

/* Where something lies it is refused, and that stays. */
void op_noreplace(struct player *p)
{
	size_t count = rng_once_in(&p->rng, 2) ? 1 + rng_below(&p->rng, 40) :
						 some_pages(p);
	int flags = ANONYMOUS | MAP_FIXED_NOREPLACE;
	unsigned char *at, *got;
	struct area *area;
	size_t first;

	if (!pick_window(p, count, &area, &first))
		return;
	at = area->base + first * PAGE;
	note(p, "noreplace at %p +%zu pages", (void *)at, count);
	got = mmap(at, count * PAGE, RW, flags, -1, 0);
	if (got != MAP_FAILED || errno != EEXIST)
		fail(p, "noreplace: %p, %s", (void *)got, strerror(errno));
	if (go_raw(p) ? raw_munmap(at, count * PAGE) :
			munmap(at, count * PAGE))
		fail(p, "munmap: %s", strerror(errno));
	got = mmap(at, count * PAGE, RW, flags, -1, 0);
	note(p, "... %p", (void *)got);
	if (got == at)
		enter_anonymous(area, first, count, false);
	else				/* another thread was quicker */
		reserve(area, first, count);
}

/* MADV_REMOVE is for shared memory alone. That is plain; it comes and goes in
 * the middle of what is lazy. */
void op_remove(struct player *p)
{
	size_t count = 2 + rng_below(&p->rng, 30), hole, length;
	struct area *area;
	struct span span;
	unsigned char *at;
	size_t first;

	if (pick_pages(p, NEED_MAPPED, &span)) {
		note(p, "remove %p +%zu", (void *)span_at(&span), span.length);
		if (madvise(span_at(&span), span.length, MADV_REMOVE) == 0)
			fail(p, "MADV_REMOVE of what is not shared");
	}
	if (!pick_window(p, count, &area, &first))
		return;
	at = area->base + first * PAGE;
	note(p, "shared memory at %p +%zu pages", (void *)at, count);
	if (mmap(at, count * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) != at)
		fail(p, "shared memory: %s", strerror(errno));
	memset(at, 0x77, count * PAGE);
	hole = rng_below(&p->rng, count);
	length = 1 + rng_below(&p->rng, count - hole);
	if (madvise(at + hole * PAGE, length * PAGE, MADV_REMOVE))
		fail(p, "MADV_REMOVE: %s", strerror(errno));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < PAGE; j += 511)
			if (at[i * PAGE + j] !=
			    (i >= hole && i < hole + length ? 0 : 0x77))
				fail(p, "shared memory at %p: %#x",
				     (void *)(at + i * PAGE + j),
				     at[i * PAGE + j]);
	if (mmap(at, count * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) != at)
		fail(p, "over shared memory: %s", strerror(errno));
	enter_anonymous(area, first, count, false);
}

/* What was a guard is as new. */
void op_guard(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_MAPPED | NEED_MMAP, &span))
		return;
	note(p, "guard %p +%zu", (void *)span_at(&span), span.length);
	if (madvise(span_at(&span), span.length, GUARD_INSTALL)) {
		if (errno != EINVAL)
			fail(p, "guard: %s", strerror(errno));
		return;			/* an old kernel, which knows none */
	}
	if (madvise(span_at(&span), span.length, GUARD_REMOVE))
		fail(p, "no guard any more: %s", strerror(errno));
	discard(&span, span.length);
}

void op_collapse(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_MAPPED, &span))
		return;
	note(p, "collapse %p +%zu", (void *)span_at(&span), span.length);
	madvise(span_at(&span), span.length, MADV_COLLAPSE);
}

/* Locked when it comes, and given back all the same. */
void op_locked(struct player *p)
{
	struct span span;

	if (!pick_pages(p, NEED_READ | NEED_WRITE | NEED_MMAP, &span))
		return;
	note(p, "lock on fault %p +%zu", (void *)span_at(&span), span.length);
	if (mlock2(span_at(&span), span.length, MLOCK_ONFAULT) == 0) {
		if (rng_once_in(&p->rng, 2))
			compare_span(p, &span);
		if (rng_once_in(&p->rng, 2) &&
		    madvise(span_at(&span), span.length,
			    MADV_DONTNEED_LOCKED) == 0)
			discard(&span, span.length);
		compare_span(p, &span);
	}
	munlock(span_at(&span), span.length);
}

/* Advice to a process by descriptor: to ourselves. */
void op_advise_process(struct player *p)
{
	struct iovec range;
	struct span span;
	long done;
	int fd;

	if (world.hooked || !pick_pages(p, NEED_MAPPED, &span))
		return;
	fd = (int)syscall(SYS_pidfd_open, getpid(), 0L);
	if (fd < 0)
		return;
	range = (struct iovec){ span_at(&span), span.length };
	note(p, "process_madvise %p +%zu", (void *)span_at(&span), span.length);
	done = syscall(SYS_process_madvise, fd, &range, 1L,
		       (long)MADV_DONTNEED, 0L);
	close(fd);
	note(p, "... %ld", done);
	if (done > 0)			/* Linux 6.13 */
		discard(&span, (size_t)done);
}
