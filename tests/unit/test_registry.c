/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the registry follows every cut, move and growth that a program
 * makes of its mappings. Here it is held against a model that keeps, for each
 * page, which byte of which store belongs there. When it is full it takes no
 * more, and what it has can be cut all the same. Who looks meanwhile never finds
 * neither half of what is just cut.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"
#include "tests/unit/check.h"

#define BASE ((uintptr_t)1 << 32)
#define PAGES 64

struct model_page {
	bool mapped, zeros, wiped;
	uint64_t offset;		/* of the store */
};

static struct model_page model[PAGES];
static struct ul_store *store;	/* with bytes: those of "zero" need no books */
static unsigned int random_state = 1;

static size_t random_below(size_t limit)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % limit;
}

static uintptr_t address(size_t page)
{
	return BASE + page * ul_page_size;
}

static void check_against_model(void)
{
	for (size_t i = 0; i < PAGES; i++) {
		struct ul_region *region = ul_registry_find(address(i));
		size_t bit;

		CHECK_EQ(region != NULL, model[i].mapped);
		if (!region)
			continue;
		CHECK(region->start <= address(i) && region->end > address(i));
		bit = region->first_page +
		      (address(i) - region->start) / ul_page_size;
		CHECK_EQ(region->store_offset + (address(i) - region->start),
			 model[i].offset);
		CHECK_EQ(ul_bits_get(region->pages->wiped, bit),
			 model[i].wiped);
		/* Where the store has nothing, they need no mark. */
		if (address(i) - region->start < region->backed)
			CHECK_EQ(ul_bits_get(region->pages->zeros, bit),
				 model[i].zeros);
	}
}

static void add(size_t first, size_t count)
{
	struct ul_region_spec spec = {
		.store = store,
		.store_offset = random_below(1000) * ul_page_size,
		.size = count * ul_page_size,
		.call = UL_CALL_MMAP_ANON,
		.rule = UL_NO_INDEX,
		.callsite = UL_NO_INDEX,
	};

	CHECK(ul_registry_add(address(first), count * ul_page_size, &spec));
	for (size_t i = 0; i < count; i++)
		model[first + i] = (struct model_page){
			true, false, false,
			spec.store_offset + i * ul_page_size
		};
}

static void remove_range(size_t first, size_t count)
{
	ul_registry_remove(address(first), address(first + count));
	for (size_t i = 0; i < count; i++)
		model[first + i].mapped = false;
}

static void discard(size_t first, size_t count)
{
	ul_registry_discard(address(first), address(first + count));
	for (size_t i = 0; i < count; i++)
		model[first + i].zeros = true;
}

static void note_wipe(size_t first, size_t count, bool wiped)
{
	ul_registry_note_wipe(address(first), address(first + count), wiped);
	for (size_t i = first; i < first + count; i++)
		model[i].wiped = model[i].mapped && wiped;
}

static void wipe(void)
{
	ul_registry_wipe();
	for (size_t i = 0; i < PAGES; i++)
		model[i].zeros = model[i].zeros || model[i].wiped;
}

/* The ranges of a move never overlap: mremap(2) refuses that. */
static void move(size_t first, size_t count, size_t to)
{
	struct model_page moved[PAGES];

	if (to < first + count && first < to + count)
		return;
	memcpy(moved, &model[first], count * sizeof(*moved));
	ul_registry_move(address(first), address(first + count), address(to));
	for (size_t i = 0; i < count; i++)
		model[first + i].mapped = false;
	memcpy(&model[to], moved, count * sizeof(*moved));
}

static void grow(size_t page, size_t count)
{
	struct ul_region *region = ul_registry_find(address(page));
	size_t end;

	if (!region)
		return;
	end = (region->end - BASE) / ul_page_size;
	if (end + count > PAGES || !count)
		return;
	for (size_t i = end; i < end + count; i++)
		if (model[i].mapped)
			return;
	CHECK_EQ(ul_region_grow(region, address(end + count)), 0);
	for (size_t i = end; i < end + count; i++)
		model[i] = (struct model_page){
			true, false, false, model[i - 1].offset + ul_page_size
		};
}

static void test_against_model(void)
{
	for (int round = 0; round < 20000; round++) {
		size_t first = random_below(PAGES);
		size_t count = 1 + random_below(PAGES - first);

		switch (random_below(9)) {
		case 0:
			add(first, count);
			break;
		case 1:
			remove_range(first, 1 + random_below(count));
			break;
		case 2:
		case 3:
			discard(first, 1 + random_below(count));
			for (size_t i = 0; i < PAGES; i++)
				if (!model[i].mapped)
					model[i].zeros = false;
			break;
		case 4:
			move(first, count, random_below(PAGES - count + 1));
			break;
		case 5:
		case 6:
			note_wipe(first, count, random_below(2));
			break;
		case 7:
			if (random_below(20) == 0)
				wipe();
			break;
		default:
			grow(first, random_below(8));
		}
		check_against_model();
	}
	remove_range(0, PAGES);
	CHECK_EQ(ul_registry_count(), 0);
}

/* One page inside a large region: nothing around it is touched, and it ends. */
static void test_discard_inside(void)
{
	add(0, 32);
	discard(3, 2);
	check_against_model();
	remove_range(0, 32);
}

/* Where there is a block, only its start is it; when it is freed, it is not. */
static void test_look(void)
{
	struct ul_region_spec spec = {
		.store = store,
		.size = 100,
		.call = UL_CALL_MALLOC,
		.flags = UL_REGION_BLOCK,
		.rule = UL_NO_INDEX,
		.callsite = UL_NO_INDEX,
	};
	struct ul_sighting seen;

	CHECK(!ul_registry_look(BASE, BASE + 1, &seen));
	CHECK(ul_registry_add(address(4), ul_page_size, &spec));
	CHECK(!ul_registry_look(BASE, address(4), &seen));
	CHECK(ul_registry_look(BASE, address(4) + 1, &seen));
	CHECK_EQ(seen.start, address(4));
	CHECK_EQ(seen.end, address(5));
	CHECK_EQ(seen.flags, UL_REGION_BLOCK);
	CHECK_EQ(atomic_load(&seen.region->block_size), 100);
	CHECK(!ul_registry_look(address(5), address(9), &seen));
	ul_registry_remove(address(4), address(5));
	CHECK(!ul_registry_look(BASE, address(9), &seen));
}

#define CUTS 4096

/* So many that no more can be added; they can be cut in two all the same. */
static void test_full(void)
{
	struct ul_region_spec spec = {
		.store = store,
		.size = 3 * ul_page_size,
		.call = UL_CALL_MMAP_ANON,
		.rule = UL_NO_INDEX,
		.callsite = UL_NO_INDEX,
	};
	size_t n = 0;

	while (ul_registry_add(address(3 * n), 3 * ul_page_size, &spec))
		n++;
	CHECK(n > 60000);
	CHECK_EQ(ul_registry_count(), n);
	for (size_t i = n; i-- > n - CUTS;)
		ul_registry_remove(address(3 * i + 1), address(3 * i + 2));
	CHECK_EQ(ul_registry_count(), n + CUTS);
	for (size_t i = n - CUTS; i < n; i++) {
		struct ul_region *region = ul_registry_find(address(3 * i + 2));

		CHECK(region && region->start == address(3 * i + 2));
		CHECK_EQ(region->store_offset, 2 * ul_page_size);
		CHECK(!ul_registry_find(address(3 * i + 1)));
	}
	for (size_t i = n; i-- > 0;)
		ul_registry_remove(address(3 * i), address(3 * i + 3));
	CHECK_EQ(ul_registry_count(), 0);
	CHECK(ul_registry_add(address(0), 3 * ul_page_size, &spec));
	ul_registry_remove(address(0), address(3));
}

/* TSan takes the sequence count for a race. */
#if defined(__SANITIZE_THREAD__)
#define SEES_RACES true
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SEES_RACES true
#endif
#endif
#ifndef SEES_RACES
#define SEES_RACES false
#endif
#define LONG ((size_t)1 << 16)

/* Its last page has a region all the time. */
static void *look_on(void *argument)
{
	atomic_bool *stop = argument;
	struct ul_sighting seen;

	while (!atomic_load(stop))
		CHECK(ul_registry_look(address(LONG - 1), address(LONG), &seen));
	return NULL;
}

/* While a region is cut, who looks finds what lies behind the cut. */
static void test_look_at_cuts(void)
{
	struct ul_region_spec spec = {
		.store = store,
		.size = LONG * ul_page_size,
		.call = UL_CALL_MMAP_ANON,
		.rule = UL_NO_INDEX,
		.callsite = UL_NO_INDEX,
	};
	atomic_bool stop = false;
	pthread_t thread;

	CHECK(ul_registry_add(address(0), LONG * ul_page_size, &spec));
	CHECK_EQ(pthread_create(&thread, NULL, look_on, &stop), 0);
	for (size_t page = 1; page < LONG - 2; page += 2)
		ul_registry_remove(address(page), address(page + 1));
	atomic_store(&stop, true);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	ul_registry_remove(address(0), address(LONG));
	CHECK_EQ(ul_registry_count(), 0);
}

static void open_store(void)
{
	struct ul_store_error why;
	int fd = memfd_create("store", MFD_CLOEXEC);

	CHECK(fd >= 0 && ftruncate(fd, (off_t)1 << 30) == 0);
	CHECK_EQ(ul_store_open_file_fd("store", fd, 0, UINT64_MAX, &store, &why),
		 0);
	close(fd);
}

static struct ul_stat_region *entry(size_t page)
{
	return ul_registry_find(address(page))->stat;
}

/* In a fork's child: the tables are a copy of the parent's, who has cut, unmapped
 * and mapped meanwhile; the books are as they were. */
static void test_tables_of_child(void)
{
	struct ul_stat_header *header = ul_stats_header();
	struct ul_stat_region *other;

	for (size_t i = 0; i < 4; i++)
		add(i * 8, 8);
	other = entry(24);
	remove_range(24, 8);
	ul_stats_add(ul_registry_find(address(0)), UL_COUNTER(fills), 7);
	ul_bits_set(ul_registry_find(address(0))->pages->filled, 0, 3, true);
	entry(0)->state = 0;			/* unmapped */
	entry(8)->length = 2 * ul_page_size;	/* cut */
	entry(16)->id += 100;			/* unmapped, another in its place */
	entry(16)->seq = 1;			/* that is just entered */
	strcpy(entry(16)->path, "/not/yours");
	other->state = 1;			/* mapped */
	header->regions_now = (uint64_t)-3;
	header->lazy_bytes_now = (uint64_t)-1;
	ul_stats_restart();
	CHECK_EQ(header->regions_now, 3);
	CHECK_EQ(header->lazy_bytes_now, 24 * ul_page_size);
	CHECK_EQ(header->totals.fills, 0);
	CHECK_EQ(header->totals.resident_bytes, 3 * ul_page_size);
	for (size_t i = 0; i < 3; i++) {
		CHECK_EQ(entry(i * 8)->state, 1);
		CHECK_EQ(entry(i * 8)->seq, 0);
		CHECK_EQ(entry(i * 8)->length, 8 * ul_page_size);
		CHECK_EQ(entry(i * 8)->id, ul_registry_find(address(i * 8))->id);
		CHECK(!*entry(i * 8)->path);
	}
	CHECK_EQ(other->state, 0);
	remove_range(0, 32);
	CHECK_EQ(header->regions_now, 0);
	CHECK_EQ(header->lazy_bytes_now, 0);
	CHECK_EQ(header->totals.resident_bytes, 0);
}

int main(void)
{
	static const struct ul_shim shim = { .program = "test_registry" };
	struct ul_policy *policy = ul_policy_builtin();

	ul_page_size = (size_t)sysconf(_SC_PAGESIZE);
	ul_shim = &shim;
	CHECK(policy);
	CHECK_EQ(ul_registry_init(), 0);
	CHECK_EQ(ul_stats_init(policy), 0);
	open_store();
	test_discard_inside();
	test_tables_of_child();
	test_look();
	test_against_model();
	test_full();
	if (!SEES_RACES)
		test_look_at_cuts();
	ul_store_put(store);
	ul_policy_free(policy);
	return 0;
}
