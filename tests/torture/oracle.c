/* SPDX-License-Identifier: MIT */
/* oracle.c - the shadow: what every byte must be. */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "torture.h"

static _Thread_local unsigned char *spare_pages; /* linked by first word */
static _Thread_local unsigned char *chunk;
static _Thread_local size_t chunk_left;

void *plain_memory(size_t size)
{
	long at = syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);

	if (at == -1) {
		static const char text[] = "torture: out of memory\n";

		if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
			_exit(99);
		_exit(99);
	}
	return (void *)at;
}

static unsigned char *shadow_new(void)
{
	unsigned char *bytes = spare_pages;

	if (bytes) {
		memcpy(&spare_pages, bytes, sizeof(spare_pages));
	} else {
		if (!chunk_left) {
			chunk_left = 256 * PAGE;
			chunk = plain_memory(chunk_left);
		}
		bytes = chunk;
		chunk += PAGE;
		chunk_left -= PAGE;
	}
	memset(bytes, 0, PAGE);
	return bytes;
}

static void shadow_give(unsigned char *bytes)
{
	memcpy(bytes, &spare_pages, sizeof(spare_pages));
	spare_pages = bytes;
}

/* --- promises --------------------------------------------------------------- */

struct promise *promise_for(size_t size)
{
	for (size_t i = 0; i < world.n_promises; i++)
		if (size >= world.promises[i].min && size < world.promises[i].max)
			return &world.promises[i];
	return NULL;
}

void promise_bytes(const struct promise *promise, size_t from, size_t length,
		   unsigned char *bytes)
{
	size_t have = 0;

	if (promise && from < promise->length) {
		have = promise->length - from;
		if (have > length)
			have = length;
		memcpy(bytes, world.pattern + promise->offset + from, have);
	}
	memset(bytes + have, 0, length - have);
}

/* --- areas and pages -------------------------------------------------------- */

struct area *area_free_slot(struct player *p)
{
	for (int i = 0; i < AREAS; i++)
		if (!p->areas[i].base)
			return &p->areas[i];
	return NULL;
}

/* Page tables of a few sizes, kept for the next area. */
static _Thread_local struct page *tables;

static struct page *table_new(void)
{
	size_t size = AREA_MAX / PAGE * sizeof(struct page);
	struct page *table = tables;

	if (table)
		memcpy((void *)&tables, (void *)table, sizeof(tables));
	else
		table = plain_memory(size);
	memset(table, 0, size);
	return table;
}

void area_init(struct area *area, void *base, size_t pages, const char *what)
{
	area->base = base;
	area->pages = pages;
	area->size = pages * PAGE;
	area->block = false;
	area->what = what;
	area->page = table_new();
}

void area_drop(struct area *area)
{
	for (size_t i = 0; i < area->pages; i++)
		page_unmap(&area->page[i], HOLE);
	memcpy((void *)area->page, &tables, sizeof(tables));
	tables = area->page;
	memset(area, 0, sizeof(*area));
}

void page_map(struct page *page, int prot)
{
	page_unmap(page, MAPPED);
	page->bytes = shadow_new();
	page->prot = (unsigned char)prot;
}

void page_unmap(struct page *page, enum state state)
{
	if (page->bytes)
		shadow_give(page->bytes);
	memset(page, 0, sizeof(*page));
	page->state = (unsigned char)state;
}

static void show_file(struct page *page)
{
	size_t left = 0;

	if (page->offset < world.pattern_size)
		left = world.pattern_size - page->offset;
	if (left > PAGE)
		left = PAGE;
	page->bus = left == 0;
	memcpy(page->bytes, world.pattern + page->offset, left);
	memset(page->bytes + left, 0, PAGE - left);
}

void page_map_file(struct page *page, int prot, bool shared, uint64_t offset)
{
	page_map(page, prot);
	page->file = true;
	page->shared = shared;
	page->offset = offset;
	show_file(page);
}

void page_discard(struct page *page)
{
	page->freed = false;
	if (page->file)
		show_file(page);
	else
		memset(page->bytes, 0, PAGE);
}

/* --- choosing --------------------------------------------------------------- */

static bool fits(const struct page *page, int need)
{
	if (page->state != MAPPED)
		return false;
	if ((need & NEED_READ) && (!(page->prot & PROT_READ) || page->bus))
		return false;
	if ((need & NEED_WRITE) &&
	    (!(page->prot & PROT_WRITE) || page->bus || page->shared))
		return false;
	return !(need & NEED_ANON) || !page->file;
}

/* The first byte past the last page that an operation on pages may touch. */
static size_t whole_pages(const struct area *area)
{
	return area->block ? area->size / PAGE : area->pages;
}

static bool try_area(struct player *p, struct area *area, int need, size_t max,
		     struct span *span)
{
	size_t pages = need & NEED_ALIGNED ? whole_pages(area) : area->pages;
	size_t at = rng_below(&p->rng, pages);
	size_t first = at, last, start, end;

	if (!pages || !fits(&area->page[at], need))
		return false;
	while (first > 0 && (at - first + 1) * PAGE < max &&
	       fits(&area->page[first - 1], need))
		first--;
	first += rng_below(&p->rng, at - first + 1);
	for (last = at + 1; last < pages && (last - first) * PAGE < max &&
			    fits(&area->page[last], need);)
		last++;
	last = at + 1 + rng_below(&p->rng, last - at);
	start = first * PAGE;
	end = last * PAGE;
	if (!(need & NEED_ALIGNED)) {
		if (end > area->size)
			end = area->size;
		start += rng_below(&p->rng, end - start);
		end = start + 1 + rng_below(&p->rng, end - start);
	}
	if (end - start > max)
		end = start + max;
	*span = (struct span){ area, start, end - start };
	return end > start;
}

bool pick_span(struct player *p, int need, size_t max, struct span *span)
{
	for (int tries = 0; tries < 24; tries++) {
		struct area *area = &p->areas[rng_below(&p->rng, AREAS)];

		if (!area->base || ((need & NEED_MMAP) && area->block) ||
		    ((need & NEED_ALIGNED) && (uintptr_t)area->base % PAGE))
			continue;
		if (try_area(p, area, need, max, span))
			return true;
	}
	return false;
}

/* --- bytes ------------------------------------------------------------------ */

/* Call for each page's part of a span. */
#define EACH_PART(span, page_, from_, length_)                                 \
	for (size_t at_ = (span)->offset, end_ = at_ + (span)->length,         \
		    from_ = at_ % PAGE,                                        \
		    length_ = PAGE - from_ < end_ - at_ ? PAGE - from_ :       \
							   end_ - at_;         \
	     at_ < end_ && (page_ = &(span)->area->page[at_ / PAGE]);          \
	     at_ += length_, from_ = 0,                                        \
		    length_ = end_ - at_ < PAGE ? end_ - at_ : PAGE)

void shadow_get(const struct span *span, unsigned char *bytes)
{
	struct page *page;

	EACH_PART(span, page, from, length) {
		memcpy(bytes, page->bytes + from, length);
		bytes += length;
	}
}

void shadow_put(const struct span *span, const unsigned char *bytes)
{
	struct page *page;

	EACH_PART(span, page, from, length) {
		memcpy(page->bytes + from, bytes, length);
		bytes += length;
	}
}

static bool is_zero(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

static const char *hex(const unsigned char *bytes, size_t length, char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	for (size_t i = 0; i < length; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at = '\0';
	return text;
}

static void __attribute__((noreturn))
mismatch(struct player *p, const struct area *area, size_t offset,
	 const unsigned char *got, const unsigned char *expected, size_t length)
{
	char left[33], right[33];
	size_t first = 0, bad = 0;

	for (size_t i = 0; i < length; i++)
		bad += got[i] != expected[i];
	while (first + 1 < length && got[first] == expected[first])
		first++;
	if (length - first > 16)
		length = first + 16;
	fail(p, "%s at %p, %zu pages: page %zu, byte %zu (%p): expected %s, "
		"got %s; %zu bytes differ here%s",
	     area->what, (void *)area->base, area->pages, offset / PAGE,
	     (offset + first) % PAGE, (const void *)(got + first),
	     hex(expected + first, length - first, left),
	     hex(got + first, length - first, right), bad,
	     is_zero(got, length) ? ", all zeros" : "");
}

void settle_freed(struct player *p, const struct span *span)
{
	struct page *page;

	EACH_PART(span, page, from, length) {
		size_t start = (at_ - from) / PAGE * PAGE;
		unsigned char *memory = span->area->base + start;

		if (!page->freed)
			continue;
		/* Written, it stays what it is now. */
		*(volatile unsigned char *)memory = 0xa5;
		page->freed = false;
		if (memcmp(memory + 1, page->bytes + 1, PAGE - 1) != 0) {
			memset(page->bytes, 0, PAGE);
			if (!is_zero(memory + 1, PAGE - 1))
				mismatch(p, span->area, start + 1, memory + 1,
					 page->bytes + 1, PAGE - 1);
		}
		page->bytes[0] = 0xa5;
	}
}

void compare_span(struct player *p, const struct span *span)
{
	struct page *page;

	EACH_PART(span, page, from, length) {
		const unsigned char *memory = span->area->base + at_;

		if (!memcmp(memory, page->bytes + from, length))
			continue;
		if (page->freed && is_zero(memory, length)) {
			page->freed = false;
			memset(page->bytes, 0, PAGE);
			continue;
		}
		mismatch(p, span->area, at_, memory, page->bytes + from, length);
	}
}

static void compare_page(struct player *p, struct area *area, size_t i)
{
	struct span span = { area, i * PAGE, PAGE };

	if (!fits(&area->page[i], NEED_READ))
		return;
	if (span.offset + span.length > area->size)
		span.length = area->size - span.offset;
	compare_span(p, &span);
}

/* In one of many orders: each page once. */
void compare_area(struct player *p, struct area *area)
{
	static const size_t steps[] = { 1, 7, 31, 101, 257, 509 };
	size_t step = steps[rng_below(&p->rng, 6)];
	size_t at = rng_below(&p->rng, area->pages);
	bool down = rng_once_in(&p->rng, 3);

	if (area->pages % step == 0)
		step = 1;
	for (size_t i = 0; i < area->pages; i++) {
		compare_page(p, area, down ? area->pages - 1 - at : at);
		at = (at + step) % area->pages;
	}
}

void compare_all(struct player *p)
{
	for (int i = 0; i < AREAS; i++)
		if (p->areas[i].base)
			compare_area(p, &p->areas[i]);
	for (size_t i = 0; i < world.n_shared; i++)
		compare_area(p, &world.shared[i]);
}
