/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a file's bytes are placed without the baton. Who is about to place
 * them has looked into the books, and the kernel has not begun: then a raw call
 * unmaps the range. Its event is not read before the copy has begun, and so the
 * copy fails. Were it read, the call would return, and the bytes would come into
 * whatever lies there next. And when the bytes are placed, but the books do not say
 * so yet, their first page becomes a guard page: it stays one in the books. Or one
 * of them is given back: then what is there is counted when it is met. Or one goes
 * without a word, as in madvise(2) after its event, and is waited for: who waits is
 * not forgotten.
 */
#include "config.h"

#include <sys/ioctl.h>

#include "preload/engine/filler.h"
#include "preload/engine/handler.h"
#include "preload/engine/placing.h"
#include "preload/engine/plan.h"
#include "preload/engine/region.h"
#include "tests/unit/gate.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* One that does keeps the baton. */
static void none_serves_all(void)
{
	gate_let_time_pass(2000000);
}

struct unmapping {
	char *at;
	_Atomic bool done;
};

static void unmap(void *argument)
{
	struct unmapping *unmapping = argument;

	CHECK_EQ(lazy_munmap(true, unmapping->at, LENGTH), 0);
	unmapping->done = true;
}

static void race_unmap(char *memory)
{
	struct unmapping unmapping = { .at = memory };
	struct toucher toucher;
	struct doer doer;

	none_serves_all();
	gate_shut(GATE_COPY);
	touch_begin(&toucher, memory + 3);
	gate_await(GATE_COPY);
	doer_begin(&doer, unmap, &unmapping);
	gate_open_when_awaited(GATE_COPY, &unmapping.done);
	doer_end(&doer);
	touch_end(&toucher);
	CHECK(!gate_was_late());
	CHECK(toucher.signal == SIGSEGV || !is_hole(memory + 3));
	/* Until the kernel has said what is gone, the copy is tried again; and that
	 * must not come to the next one's gate. */
	ul_handler_settle();
	ul_baton_lock();
	ul_lock_drop(&ul_baton);
}

/* Who brings the second page has placed the first, too, and the books do not say
 * so. */
static void stop_before_books(struct toucher *toucher, char *memory)
{
	none_serves_all();
	gate_shut(GATE_COPY);
	touch_begin(toucher, memory + PAGE + 3);
	gate_await(GATE_COPY);
	gate_shut(GATE_JOIN);
	gate_open(GATE_COPY);
	gate_await(GATE_JOIN);
	CHECK(ul_page_is_present((uintptr_t)memory));
}

static void go_on(struct toucher *toucher)
{
	gate_open(GATE_JOIN);
	touch_end(toucher);
	CHECK_EQ(toucher->signal, 0);
	CHECK_EQ(toucher->got, pattern_at(PAGE + 3));
}

static bool is_on_its_way(uintptr_t memory)
{
	for (size_t i = 0; i < PAGES; i++)
		if (ul_filler_of(memory + i * PAGE))
			return true;
	return false;
}

static void check_resident(const char *memory, size_t bytes)
{
	ul_baton_lock();
	while (is_on_its_way((uintptr_t)memory))
		ul_handler_breathe();
	CHECK_EQ(ul_registry_find((uintptr_t)memory)
			 ->stat->counters.resident_bytes, bytes);
	ul_lock_drop(&ul_baton);
}

static void race_resident(char *memory)
{
	struct toucher toucher;

	stop_before_books(&toucher, memory);
	CHECK_EQ(lazy_madvise(false, memory + 4 * PAGE, PAGE, MADV_DONTNEED), 0);
	go_on(&toucher);
	check_resident(memory, GRANULE - PAGE);
	CHECK_EQ(touch(&toucher, memory + 4 * PAGE), 0);
	check_resident(memory, GRANULE);
	check_pattern(memory, 0, LENGTH, 0);
}

/* UFFDIO_MOVE, Linux 6.8. */
struct move {
	uint64_t to, from, length, mode;
	int64_t moved;
};
#define MOVE _IOWR(0xAA, 0x05, struct move)

static int move_page(void *argument)
{
	return ioctl(ul_the_uffd.fd, MOVE, argument);
}

static void race_late_waiter(char *memory, char *other)
{
	struct move move = { (uintptr_t)other, (uintptr_t)memory, PAGE, 0, 0 };
	struct toucher toucher, late;

	stop_before_books(&toucher, memory);
	if (ul_handler_ask(move_page, &move, sizeof(move)) == 0) {
		touch_begin(&late, memory + 5);
		gate_await_waiting(&late);
		go_on(&toucher);
		touch_end(&late);
		CHECK_EQ(late.got, pattern_at(5));
	} else {			/* Linux before 6.8 */
		go_on(&toucher);
	}
	check_pattern(memory, 0, LENGTH, 0);
	check_pattern(other, 0, LENGTH, 0);
}

static void race_guard(char *memory)
{
	const struct ul_region *region;
	struct toucher toucher;

	stop_before_books(&toucher, memory);
	CHECK_EQ(lazy_madvise(false, memory, PAGE, MADV_GUARD_INSTALL), 0);
	go_on(&toucher);
	ul_baton_lock();
	region = ul_registry_find((uintptr_t)memory);
	CHECK(ul_bits_get(region->pages->guards,
			  ul_plan_bit(region, (uintptr_t)memory)));
	ul_lock_drop(&ul_baton);
	CHECK_EQ(touch(&toucher, memory), SIGSEGV);
	check_pattern(memory, PAGE, LENGTH - PAGE, PAGE);
}

int main(void)
{
	char *memory;

	gate_start(2);
	race_unmap(lazy_file());
	race_unmap(lazy_file());
	race_resident(lazy_file());
	race_late_waiter(lazy_file(), lazy_file());
	memory = lazy_file();
	if (lazy_madvise(false, memory, PAGE, MADV_GUARD_INSTALL) < 0)
		SKIP("kernel: no guard pages in what is mapped");
	race_guard(lazy_file());
	return 0;
}
