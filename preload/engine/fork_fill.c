/* SPDX-License-Identifier: MIT */
/*
 * fork_fill.c - a fork's child that cannot have lazy memory
 *
 * It has become a user who may not open a userfaultfd, or has no room for a
 * thread. All of its memory is filled before fork returns. /proc/self/mem
 * would write to a mapping of any protection, but belongs to root in a process
 * that was root once; so each mapping is made writable for the time.
 *
 * What is missing is told by the books, which are exact here, and by the
 * kernel; the protections by /proc, or without it by trying. Afterwards the
 * books know of malloc's blocks alone, as full, so that they can be freed; and
 * of direct regions, which the kernel fills.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/maps.h"
#include "preload/engine/place.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static bool failed;

static bool is_missing(const struct ul_region *region, uintptr_t page)
{
	size_t bit = region->first_page + (page - region->start) / ul_page_size;

	return !ul_bits_get(region->pages->filled, bit) &&
	       !ul_bits_get(region->pages->zeros, bit) &&
	       !ul_page_is_present(page);
}

/* What cannot be filled raises SIGBUS, or SIGSEGV where we have no descriptor
 * for that. */
static void close_off(uintptr_t start, uintptr_t end, int prot)
{
	if (ul_place_map_end((void *)start, end - start, prot) < 0)
		mprotect((void *)start, end - start, PROT_NONE);
}

static void fill_page(const struct ul_region *region, uintptr_t page)
{
	uint64_t offset = page - region->start;
	size_t length = ul_page_size;
	struct ul_store_error why;

	if (length > region->backed - offset)
		length = region->backed - offset;
	if (ul_store_read(region->store, region->store_offset + offset,
			  (void *)page, length, &why) == 0)
		return;
	failed = true;
	ul_log(UL_LOG_ERROR, "store %s, offset %l: %s",
	       ul_store_name(region->store), region->store_offset + offset,
	       why.text);
	close_off(page, page + ul_page_size, PROT_READ);
}

static bool is_guard(const struct ul_region *region, uintptr_t page)
{
	size_t bit = region->first_page + (page - region->start) / ul_page_size;

	return ul_bits_get(region->pages->guards, bit);
}

/* What the program has in the pages that are there goes into the copy, if it is
 * something else; of a shared mapping, guard pages alone. */
static void keep_pages(const struct ul_region *region, uintptr_t start,
		       uintptr_t end, char *copy, bool shared)
{
	uintptr_t page;

	for (page = start; page < end; page += ul_page_size, copy += ul_page_size)
		if (is_guard(region, page))
			madvise(copy, ul_page_size, MADV_GUARD_INSTALL);
		else if (!shared && !is_missing(region, page) &&
			 memcmp(copy, (void *)page, ul_page_size) != 0)
			memcpy(copy, (void *)page, ul_page_size);
}

/*
 * A file is to be one again, for what is given back of it comes again: a
 * private file with all of its bytes takes the place of [start, end), which can
 * be read, and ends where the file does. False: it cannot be.
 */
static bool fill_file(const struct ul_region *region, uintptr_t start,
		      uintptr_t end, int prot)
{
	uint64_t at = start - region->start, length = end - start;
	const struct ul_region_spec spec = {
		.store = region->store,
		.store_offset = region->store_offset + at,
	};
	bool shared = region->flags & UL_REGION_READ_ONLY;
	char *copy;
	int fd;

	if (length > region->backed - at)
		length = region->backed - at;
	fd = ul_place_copy(&spec, length);
	if (fd < 0)
		return false;
	copy = mmap(NULL, end - start, shared ? PROT_READ : PROT_READ | PROT_WRITE,
		    shared ? MAP_SHARED : MAP_PRIVATE, fd, 0);
	close(fd);
	if (copy == MAP_FAILED)
		return false;
	keep_pages(region, start, end, copy, shared);
	if (mprotect(copy, end - start, prot) == 0 &&
	    mremap(copy, end - start, end - start,
		   MREMAP_MAYMOVE | MREMAP_FIXED, start) != MAP_FAILED)
		return true;
	munmap(copy, end - start);
	return false;
}

/* The part of a region that lies in one mapping. */
static void fill_part(const struct ul_region *region, uintptr_t start,
		      uintptr_t end, int prot)
{
	uintptr_t backed = region->start + ((region->backed + ul_page_size - 1) &
					    ~(ul_page_size - 1));
	uintptr_t until = end < backed ? end : backed;
	uintptr_t page;

	if (!ul_store_is_zero(region->store) && start < until) {
		int opened = mprotect((void *)start, until - start,
				      PROT_READ | PROT_WRITE);

		if ((region->flags & UL_REGION_REFILLS) && !opened &&
		    fill_file(region, start, until, prot))
			opened = 1;
		for (page = start; page < until && !opened;
		     page += ul_page_size)
			if (is_missing(region, page))
				fill_page(region, page);
		if (opened < 0 ||
		    (!opened &&
		     mprotect((void *)start, until - start, prot) < 0)) {
			failed = true;
			mprotect((void *)start, until - start, PROT_NONE);
		}
	}
	if ((region->flags & UL_REGION_ENDS) && end > backed) {
		start = start > backed ? start : backed;
		close_off(start, end, prot);
	}
}

static void fill_mapping(uintptr_t start, uintptr_t end, int prot,
			 void *context)
{
	struct ul_sighting seen;

	(void)context;
	while (start < end && ul_registry_look(start, end, &seen)) {
		uintptr_t low = seen.start > start ? seen.start : start;
		uintptr_t high = seen.end < end ? seen.end : end;

		if (!(seen.flags & UL_REGION_DIRECT))
			fill_part(seen.region, low, high, prot);
		start = high;
	}
}

/* --- without /proc (chroot), or without a descriptor to read it --------------- */

/* A byte goes from one page to another, by the kernel, which looks at their
 * protections. 1, 0, or -1: it does not do that here (a filter). */
static int can_copy(void *to, const void *from)
{
	struct iovec there = { to, 1 }, here = { (void *)from, 1 };

	if (process_vm_readv(getpid(), &there, 1, &here, 1, 0) == 1)
		return 1;
	return errno == EFAULT ? 0 : -1;
}

/* PROT_* of a page that is missing; whether code may run there is what it was
 * mapped with, and so is the rest where nobody tells. */
static int prot_of(const struct ul_region *region, uintptr_t page)
{
	int prot = region->prot;
	char byte = 0;
	int readable = can_copy(&byte, (void *)page);
	int writable = can_copy((void *)page, &byte);

	if (readable < 0 || writable < 0)
		return prot;
	prot &= PROT_EXEC;
	if (readable)
		prot |= PROT_READ;
	if (writable)
		prot |= PROT_READ | PROT_WRITE;
	return prot;
}

static void fill_one(const struct ul_region *region, uintptr_t page, int prot)
{
	int opened = mprotect((void *)page, ul_page_size,
			      PROT_READ | PROT_WRITE);

	if (!opened)
		fill_page(region, page);
	if (opened < 0 || mprotect((void *)page, ul_page_size, prot) < 0) {
		failed = true;
		mprotect((void *)page, ul_page_size, PROT_NONE);
	}
}

static void fill_blindly(struct ul_region *region, void *context)
{
	uintptr_t backed = region->start + ((region->backed + ul_page_size - 1) &
					    ~(ul_page_size - 1));
	uintptr_t page, end = region->end < backed ? region->end : backed;

	(void)context;
	if (region->flags & UL_REGION_DIRECT)
		return;
	if (ul_store_is_zero(region->store))
		end = region->start;
	for (page = region->start; page < end; page += ul_page_size)
		if (is_missing(region, page))
			fill_one(region, page, prot_of(region, page));
	if ((region->flags & UL_REGION_ENDS) && region->end > backed)
		close_off(backed, region->end, prot_of(region, backed));
}

/* Find the first region that is no block, and not direct. */
static void clear_one(struct ul_region *region, void *context)
{
	struct ul_range *found = context;
	size_t pages = (region->end - region->start) / ul_page_size;

	if (region->flags & UL_REGION_DIRECT)
		return;
	if (atomic_load(&region->block_size))
		ul_bits_set(region->pages->filled, region->first_page, pages,
			    true);
	else if (!found->end)
		*found = (struct ul_range){ region->start, region->end };
}

static void clear_books(void)
{
	struct ul_range found;

	ul_baton_lock();
	do {
		found.start = found.end = 0;
		ul_registry_each(clear_one, &found);
		if (found.end)
			ul_registry_remove(found.start, found.end);
	} while (found.end);
	ul_lock_drop(&ul_baton);
}

void ul_fork_fill(int error)
{
	/* These two are known, and in the manual. */
	ul_log(error == -EDEADLK || error == -EOPNOTSUPP ? UL_LOG_INFO :
							   UL_LOG_WARNING,
	       "fork: no lazy memory in the child (%e); it is filled at once",
	       error);
	ul_stats_detach();
	failed = false;
	if (ul_maps_each(fill_mapping, NULL) < 0)
		ul_registry_each(fill_blindly, NULL);
	if (failed)
		ul_log(UL_LOG_ERROR, "fork: some memory could not be filled; "
				     "to touch it raises a signal");
	clear_books();
}
