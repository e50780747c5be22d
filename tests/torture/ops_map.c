/* SPDX-License-Identifier: MIT */
/* ops_map.c - mappings come, go, and change their protection. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/preload/raw.h"
#include "torture.h"

#define RW (PROT_READ | PROT_WRITE)

bool go_raw(struct player *p)
{
	return rng_once_in(&p->rng, 3) && !world.hooked;
}

void reserve(struct area *area, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		unsigned char *at = area->base + i * PAGE;
		long got = syscall(SYS_mmap, at, PAGE, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
					   MAP_FIXED_NOREPLACE,
				   -1, 0L);

		page_unmap(&area->page[i], got == (long)at ? HOLE : LOST);
	}
}

size_t some_pages(struct player *p)
{
	struct promise *promise;

	if (!world.n_promises || rng_once_in(&p->rng, 4))
		return 1 + rng_below(&p->rng, 60);
	promise = &world.promises[rng_below(&p->rng, world.n_promises)];
	return promise->min / PAGE +
	       rng_below(&p->rng, (promise->max - promise->min) / PAGE);
}

void enter_anonymous(struct area *area, size_t first, size_t count, bool raw)
{
	struct promise *promise = raw ? NULL : promise_for(count * PAGE);

	for (size_t i = 0; i < count; i++) {
		struct page *page = &area->page[first + i];

		page_map(page, RW);
		promise_bytes(promise, i * PAGE, PAGE, page->bytes);
		if (promise && promise->length && world.plain)
			memcpy(area->base + (first + i) * PAGE, page->bytes,
			       PAGE);
	}
}

static void *map(bool raw, void *at, size_t length, int prot, int flags, int fd,
		 uint64_t offset)
{
	if (raw)
		return (void *)syscall(SYS_mmap, at, length, prot, flags, fd,
				       (long)offset);
	return mmap(at, length, prot, flags, fd, (off_t)offset);
}

void op_mmap(struct player *p)
{
	struct area *area = area_free_slot(p);
	size_t pages = some_pages(p);
	bool raw = rng_once_in(&p->rng, 10);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *at;

	if (!area)
		return;
	if (rng_once_in(&p->rng, 10))
		flags |= MAP_POPULATE;
	if (rng_once_in(&p->rng, 10))
		flags |= MAP_NORESERVE;
	at = map(raw, NULL, pages * PAGE, RW, flags, -1, 0);
	note(p, "mmap %zu pages, flags %#x%s: %p", pages, (unsigned int)flags,
	     raw ? ", raw" : "", at);
	if (at == MAP_FAILED)
		return;
	area_init(area, at, pages, "anonymous");
	enter_anonymous(area, 0, pages, raw);
}

static int open_some_file(struct player *p, bool *shared)
{
	static const char *const kinds[] = { "self", "file", "blob", "stub" };
	char path[4096];
	int fd;

	*shared = rng_once_in(&p->rng, 3);
	snprintf(path, sizeof(path), "%s.%s", world.pattern_path,
		 kinds[rng_below(&p->rng, 4)]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd;
}

/* A piece of a file into an area that has room. */
static bool enter_file(struct player *p, struct area *area, size_t first,
		       size_t count, bool fixed)
{
	size_t file_pages = (world.pattern_size + PAGE - 1) / PAGE;
	uint64_t offset = rng_below(&p->rng, file_pages) * PAGE;
	bool shared;
	int fd = open_some_file(p, &shared);
	int prot = shared ? PROT_READ : RW;
	int flags = (shared ? MAP_SHARED : MAP_PRIVATE) |
		    (fixed ? MAP_FIXED : 0);
	unsigned char *at;

	if (fd < 0)
		return false;
	if (rng_once_in(&p->rng, 10))
		flags |= MAP_POPULATE;
	at = mmap(fixed ? area->base + first * PAGE : NULL, count * PAGE, prot,
		  flags, fd, (off_t)offset);
	close(fd);
	note(p, "mmap file at %llu, %zu pages, flags %#x: %p",
	     (unsigned long long)offset, count, (unsigned int)flags,
	     (void *)at);
	if (at == MAP_FAILED)
		fail(p, "mmap of a file: %s", strerror(errno));
	if (!fixed)
		area_init(area, at, count, shared ? "shared file" : "file");
	for (size_t i = 0; i < count; i++)
		page_map_file(&area->page[first + i], prot, shared,
			      offset + i * PAGE);
	return true;
}

void op_mmap_file(struct player *p)
{
	struct area *area = area_free_slot(p);
	size_t pages = 1 + rng_below(&p->rng, 400);

	if (area && world.pattern_size)
		enter_file(p, area, 0, pages, false);
}

bool pick_window(struct player *p, size_t count, struct area **area,
		 size_t *first)
{
	for (int tries = 0; tries < 24; tries++) {
		struct area *a = &p->areas[rng_below(&p->rng, AREAS)];
		size_t i = 0;

		if (!a->base || a->block || a->pages < count)
			continue;
		*area = a;
		*first = rng_below(&p->rng, a->pages - count + 1);
		while (i < count && a->page[*first + i].state != LOST)
			i++;
		if (i == count)
			return true;
	}
	return false;
}

void op_fixed(struct player *p)
{
	bool small = rng_once_in(&p->rng, 2);
	size_t count = small ? 1 + rng_below(&p->rng, 40) : some_pages(p);
	bool raw = go_raw(p);
	struct area *area;
	size_t first;
	void *at;

	if (!pick_window(p, count, &area, &first))
		return;
	if (world.pattern_size && rng_once_in(&p->rng, 3)) {
		note(p, "fixed file over %p +%zu pages",
		     (void *)(area->base + first * PAGE), count);
		enter_file(p, area, first, count, true);
		return;
	}
	note(p, "fixed anonymous over %p +%zu pages%s",
	     (void *)(area->base + first * PAGE), count, raw ? ", raw" : "");
	at = map(raw, area->base + first * PAGE, count * PAGE, RW,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (at != area->base + first * PAGE)
		fail(p, "MAP_FIXED: %p, %s", at, strerror(errno));
	enter_anonymous(area, first, count, raw);
}

void op_munmap(struct player *p)
{
	struct area *area;
	size_t first, count;
	bool raw = go_raw(p);
	long result;

	if (!pick_window(p, 1, &area, &first))
		return;
	count = rng_once_in(&p->rng, 3) ? area->pages : 30;
	count = 1 + rng_below(&p->rng, count);
	if (rng_once_in(&p->rng, 6)) {	/* all of it */
		first = 0;
		count = area->pages;
	}
	for (size_t i = 0; i < count; i++)
		if (first + i == area->pages ||
		    area->page[first + i].state == LOST)
			count = i;
	if (!count)
		return;
	note(p, "munmap %p +%zu pages of %zu%s",
	     (void *)(area->base + first * PAGE), count, area->pages,
	     raw ? ", raw" : "");
	if (raw)
		result = raw_munmap(area->base + first * PAGE, count * PAGE);
	else
		result = munmap(area->base + first * PAGE, count * PAGE);
	if (result)
		fail(p, "munmap: %s", strerror(errno));
	if (count == area->pages)
		area_drop(area);
	else
		reserve(area, first, count);
}

void op_mprotect(struct player *p)
{
	static const int prots[] = { RW, RW, RW, PROT_READ, PROT_NONE };
	int prot = prots[rng_below(&p->rng, 5)];
	bool raw = go_raw(p), shared = false;
	struct span span;
	long result;

	if (!pick_span(p, NEED_MAPPED | NEED_ALIGNED | NEED_MMAP,
		       rng_once_in(&p->rng, 2) ? AREA_MAX : 8 * PAGE, &span))
		return;
	for (size_t at = 0; at < span.length; at += PAGE)
		shared |= span.area->page[(span.offset + at) / PAGE].shared;
	if (shared && (prot & PROT_WRITE))
		prot = PROT_READ;
	note(p, "mprotect %p +%zu %d%s", (void *)span_at(&span), span.length,
	     prot, raw ? ", raw" : "");
	if (raw)
		result = syscall(SYS_mprotect, span_at(&span), span.length,
				 prot);
	else
		result = mprotect(span_at(&span), span.length, prot);
	if (result)
		fail(p, "mprotect: %s", strerror(errno));
	for (size_t at = 0; at < span.length; at += PAGE)
		span.area->page[(span.offset + at) / PAGE].prot =
			(unsigned char)prot;
}

/* --- past the end of a file -------------------------------------------------- */

static _Thread_local sigjmp_buf bus_jump;
static _Thread_local volatile int bus_expected;

/* A SIGBUS that is not expected, or any SIGSEGV, is a failure. */
static void on_bus(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (number == SIGBUS && bus_expected)
		siglongjmp(bus_jump, 1);
	signal(number, SIG_DFL);
	if (me)
		fail(me, "signal %d, code %d, at %p", number, info->si_code,
		     info->si_addr);
}

void faults_start(void)
{
	struct sigaction action = { .sa_sigaction = on_bus,
				    .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

void op_bus(struct player *p)
{
	unsigned char *at = NULL;

	for (int i = 0; i < AREAS && !at; i++) {
		struct area *area = &p->areas[i];
		size_t page = area->base ? rng_below(&p->rng, area->pages) : 0;

		if (area->base && area->page[page].state == MAPPED &&
		    area->page[page].bus && (area->page[page].prot & PROT_READ))
			at = area->base + page * PAGE;
	}
	if (!at)
		return;
	note(p, "bus %p", (void *)at);
	bus_expected = 1;
	if (sigsetjmp(bus_jump, 1) == 0) {
		unsigned char got = *(volatile unsigned char *)at;

		fail(p, "%p is past the end of its file, and reads %#x",
		     (void *)at, got);
	}
	bus_expected = 0;
}
