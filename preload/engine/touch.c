/* SPDX-License-Identifier: MIT */
/*
 * touch.c - pages that a system call is about to need
 *
 * On the user-mode rung the kernel does not wait for us. A page is made
 * present by reading a byte of it here; what the kernel then writes is at most
 * a copy of a shared page of zeros, which needs nobody's help. Before a page
 * is read the kernel is asked whether it may be: MADV_POPULATE_READ says
 * EFAULT of a page that is missing, EINVAL of one that may not be read, and
 * nothing of one that is there. A guard page is told from a missing one by the
 * books.
 */
#include "config.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/callsite.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/maps.h"
#include "preload/engine/region.h"
#include "preload/engine/touch.h"

#define POPULATE_READ 22		/* MADV_POPULATE_READ, Linux 5.14 */
#define POPULATE_WRITE 23

static bool confined;			/* no system call may be made */
static bool can_populate;		/* but for this one */
static bool shadowed;			/* libc's syscall(3), by the shim's */

static bool populate(uintptr_t start, uintptr_t end)
{
	return syscall(SYS_madvise, start, end - start, POPULATE_READ) == 0;
}

/* 0: it is there; EFAULT: it is missing; EINVAL: it may not be read. What may be
 * written is read by the processor, but not for this advice. */
static int ask_for(uintptr_t page)
{
	if (populate(page, page + ul_page_size) ||
	    (errno == EINVAL && syscall(SYS_madvise, page, ul_page_size,
					POPULATE_WRITE) == 0))
		return 0;
	return errno;
}

static size_t bit_of(const struct ul_sighting *seen, uintptr_t page)
{
	return seen->region->first_page + (page - seen->start) / ul_page_size;
}

/* False: it is a guard page, which the kernel calls missing, too. */
static bool read_page(const struct ul_sighting *seen, uintptr_t page)
{
	const struct ul_pageset *pages = seen->region->pages;

	if (ul_bits_peek(pages, pages->guards, bit_of(seen, page)))
		return false;
	(void)*(volatile const char *)page;
	return true;
}

/* Does the processor read what may only be run? x86 does, but for a protection
 * key, which the kernel gives to such memory where there are keys. */
static bool code_is_read(void)
{
#ifdef __x86_64__
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && !(c & bit_OSPKE);
#else
	return false;
#endif
}

/* Where memory ends that may only be run, and can be read; 0: it is none. The
 * kernel refuses its advice for that as for what may not be read. */
static uintptr_t end_of_code(uintptr_t page)
{
	struct ul_mapping mapping;

	return code_is_read() && ul_maps_find(page, &mapping) &&
			       mapping.prot == PROT_EXEC ?
		       mapping.end :
		       0;
}

/* Make [start, end), whole pages of a region, present. False: the rest may
 * not be read. */
static bool touch_pages(const struct ul_sighting *seen, uintptr_t start,
			uintptr_t end)
{
	uintptr_t code_end = 0;

	if (!confined && populate(start, end))
		return true;
	for (; start < end; start += ul_page_size) {
		bool told = confined || start < code_end;
		int error = told ? EFAULT : ask_for(start);

		if (error == EINVAL) {
			code_end = end_of_code(start);
			error = start < code_end ? EFAULT : error;
		}
		if (error && (error != EFAULT || !read_page(seen, start)))
			return false;
	}
	return true;
}

/*
 * Where the engine was not loaded apart (RTLD_DEEPBIND) its own calls come to the
 * hooks, and from there to here. False: it is such a one.
 */
static bool enter(void)
{
	if (shadowed && *ul_shim->inside())
		return false;
	if (shadowed)
		*ul_shim->inside() = 1;
	return true;
}

static void leave(void)
{
	if (shadowed)
		*ul_shim->inside() = 0;
}

void ul_touch_init(void)
{
	shadowed = ul_callsite_is_shim((const void *)(uintptr_t)syscall);
}

/* A raw call of this thread's may have just changed what is where: its event was
 * read, and is not in the books yet. */
static void await_books(void)
{
	if (!confined && !ul_handler_is_settled() && ul_handler_is_home())
		ul_handler_settle();
}

bool ul_touch_is_possible(void)
{
	return populate(0, 0);
}

static bool touch(uintptr_t start, size_t length)
{
	uintptr_t end = start + length;
	struct ul_sighting seen;
	int saved = errno;
	bool all = true;

	if (end < start)
		end = UINTPTR_MAX;
	await_books();
	while (start < end && ul_registry_look(start, end, &seen)) {
		uintptr_t low = seen.start > start ? seen.start : start;
		uintptr_t high = seen.end < end ? seen.end : end;

		/* Past the end of a file the kernel's answer is EFAULT; ours
		 * would be a SIGBUS. */
		if (high > seen.fillable_end) {
			high = seen.fillable_end;
			all = false;
		}
		/* The kernel needs nobody's help with these. */
		if (seen.flags & UL_REGION_DIRECT)
			all = false;
		else if (low < high &&
			 !touch_pages(&seen, low & ~(ul_page_size - 1),
				      ul_round_up(high))) {
			all = false;
			break;
		}
		start = seen.end;
	}
	errno = saved;
	return all;
}

bool ul_touch_memory(uintptr_t start, size_t length)
{
	bool all;

	if (!enter())
		return true;
	all = touch(start, length);
	leave();
	return all;
}

bool ul_touch_is_confined(void)
{
	return confined;
}

void ul_touch_confine(bool may_advise)
{
	can_populate = may_advise && populate(0, 0);
	confined = true;
}

/* What is missing in a store of zeros is zeros in a child without us, too. */
static bool is_to_fill(const struct ul_sighting *seen)
{
	return !(seen->flags & (UL_REGION_DIRECT | UL_REGION_ZEROS));
}

static void note_mapping(uintptr_t start, uintptr_t end, int prot, void *context)
{
	(void)context;
	ul_baton_lock();
	ul_registry_note_closed(start, end, !(prot & (PROT_READ | PROT_WRITE)));
	ul_lock_drop(&ul_baton);
}

void ul_touch_expect_confined(void)
{
	sigset_t signals;

	ul_signals_block(&signals);
	ul_maps_each(note_mapping, NULL);
	ul_signals_restore(&signals);
}

static bool was_closed(const struct ul_sighting *seen, uintptr_t page)
{
	const struct ul_pageset *pages = seen->region->pages;

	return ul_bits_peek(pages, pages->closed, bit_of(seen, page));
}

/*
 * Page by page where not all may be read; what may not is left alone. Where the
 * kernel may not be asked, all is read that could be before it was forbidden to
 * ask: a program that changes that later, too, is too much.
 */
void ul_touch_all(void)
{
	struct ul_sighting seen;
	uintptr_t at = 0;

	for (; ul_registry_look(at, UINTPTR_MAX, &seen); at = seen.end) {
		if (!is_to_fill(&seen) ||
		    (can_populate && populate(seen.start, seen.fillable_end)))
			continue;
		for (at = seen.start; at < seen.fillable_end;
		     at += ul_page_size)
			if (can_populate ? ask_for(at) == EFAULT :
					   !was_closed(&seen, at))
				read_page(&seen, at);
	}
}

bool ul_touch_is_lazy(const void *address)
{
	struct ul_sighting seen;
	uintptr_t at = (uintptr_t)address;
	bool lazy;

	if (!enter())
		return false;
	await_books();
	lazy = ul_registry_look(at, at + 1, &seen);
	leave();
	return lazy;
}
