/* SPDX-License-Identifier: MIT */
/* stats.c - see stats.h: the tables and the counters. stats_file.c has the
 * file they live in. */
#include "config.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"

#define REGIONS 4096
#define COUNTERS (sizeof(struct ul_stat_counters) / sizeof(uint64_t))

static struct ul_stat_header *header;	/* constant after init */
static struct ul_stat_region *regions;
static struct ul_stat_rule *rules;
static struct ul_stat_callsite *callsites;
static uint32_t n_rules;

/* What counts when a table is full, or before there are tables. */
static struct ul_stat_header spare_header;
static struct ul_stat_region spare_region;
static uint32_t next_free;		/* (b) where to look for a free entry */
static bool all_taken;			/* (b) there is none */

uint64_t ul_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct ul_stat_header *ul_stats_header(void)
{
	return header ? header : &spare_header;
}

static void lay_out(struct ul_stat_table *table, uint64_t *offset, size_t size,
		    uint32_t room)
{
	table->offset = *offset;
	table->size = (uint32_t)size;
	table->room = room;
	*offset += (uint64_t)size * room;
}

int ul_stats_init(const struct ul_policy *policy)
{
	uint64_t size = (sizeof(struct ul_stat_header) + 4095) & ~4095ull;
	struct ul_stat_header layout;
	char *memory;

	memset(&layout, 0, sizeof(layout));
	n_rules = (uint32_t)policy->n_rules + 1;	/* the last: stubs */
	lay_out(&layout.rules, &size, sizeof(*rules), n_rules);
	lay_out(&layout.callsites, &size, sizeof(*callsites), UL_STATS_CALLSITES);
	lay_out(&layout.regions, &size, sizeof(*regions), REGIONS);
	lay_out(&layout.threads, &size, sizeof(struct ul_stat_thread),
		UL_STAT_THREADS);
	lay_out(&layout.heat, &size, sizeof(struct ul_stat_heat), REGIONS);
	size = (size + 4095) & ~4095ull;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	layout.file_size = size;
	layout.header_size = sizeof(layout);
	layout.major = UL_STAT_MAJOR;
	layout.minor = UL_STAT_MINOR;
	layout.page_size = (uint32_t)ul_page_size;
	layout.rules.used = n_rules;
	ul_stats_copy_tail(layout.policy, sizeof(layout.policy), policy->source);
	memcpy(memory, &layout, sizeof(layout));
	rules = (void *)(memory + layout.rules.offset);
	callsites = (void *)(memory + layout.callsites.offset);
	regions = (void *)(memory + layout.regions.offset);
	for (size_t i = 0; i < policy->n_rules; i++)
		strncpy(rules[i].name, policy->rules[i].name,
			sizeof(rules[i].name) - 1);
	strcpy(rules[n_rules - 1].name, "(stub)");
	header = (void *)memory;
	ul_stats_file_init(header);
	return 0;
}

void ul_stats_kernel(int rung, uint64_t features)
{
	ul_stats_header()->rung = (uint32_t)rung;
	ul_stats_header()->features = features;
}

static void bump(uint64_t *counter, uint64_t amount)
{
	__atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
}

void ul_stats_count(uint64_t *counter)
{
	bump(counter, 1);
}

static struct ul_stat_rule *rule_of(const struct ul_region *region)
{
	uint32_t index = region->rule < n_rules ? region->rule : n_rules - 1;

	return &rules[index];
}

const char *ul_stats_rule_name(uint32_t rule)
{
	return rules[rule < n_rules ? rule : n_rules - 1].name;
}

static struct ul_stat_callsite *callsite_of(const struct ul_region *region)
{
	return region->callsite < UL_STATS_CALLSITES ?
		       &callsites[region->callsite] :
		       NULL;
}

static struct ul_stat_region *free_entry(void)
{
	for (uint32_t i = 0; i < REGIONS && !all_taken; i++) {
		uint32_t at = (next_free + i) % REGIONS;

		/* What was never used is not even read: see stats_memory.c. */
		if (at < header->regions.used && regions[at].state)
			continue;
		next_free = at + 1;
		if (header->regions.used <= at) {
			ul_stats_need(&header->regions, at);
			ul_stats_need(&header->heat, at);
			header->regions.used = header->heat.used = at + 1;
		}
		return &regions[at];
	}
	all_taken = true;
	return NULL;
}

/* A reader sees an entry whole or not at all: seq is odd meanwhile. */
static void change_begin(struct ul_stat_region *stat)
{
	__atomic_fetch_add(&stat->seq, 1, __ATOMIC_ACQ_REL);
}

static void change_end(struct ul_stat_region *stat)
{
	__atomic_fetch_add(&stat->seq, 1, __ATOMIC_ACQ_REL);
}

static void count_region(const struct ul_region *region, uint64_t bytes)
{
	struct ul_stat_callsite *site = callsite_of(region);
	struct ul_stat_rule *rule = rule_of(region);

	bump(&header->regions_made, 1);
	bump(&rule->regions, 1);
	if (site)
		bump(&site->regions, 1);
	/* Of what the kernel fills nobody could say how much is touched. */
	if (region->flags & UL_REGION_DIRECT) {
		bump(&header->direct_bytes, bytes);
		return;
	}
	bump(&header->lazy_bytes, bytes);
	bump(&rule->lazy_bytes, bytes);
	if (site)
		bump(&site->lazy_bytes, bytes);
}

static void count_now(const struct ul_region *region, int64_t regions_now,
		      int64_t bytes)
{
	bump(&header->regions_now, (uint64_t)regions_now);
	if (!(region->flags & UL_REGION_DIRECT))
		bump(&header->lazy_bytes_now, (uint64_t)bytes);
	bump(&rule_of(region)->regions_now, (uint64_t)regions_now);
}

/* The region does not know of its entry yet. */
static void clear_heat(const struct ul_stat_region *stat)
{
	struct ul_stat_heat *heat =
		(void *)((char *)header + header->heat.offset);

	memset(&heat[stat - regions], 0, sizeof(*heat));
}

static void describe(struct ul_stat_region *stat, const struct ul_region *region)
{
	uint32_t seq = stat->seq;

	memset(stat, 0, sizeof(*stat));
	stat->seq = seq;
	stat->id = region->id;
	stat->start = region->start;
	stat->length = region->end - region->start;
	stat->store_offset = region->store_offset;
	stat->call = region->call;
	stat->rule = region->rule;
	stat->callsite = region->callsite;
	stat->prot = (uint32_t)region->prot;
	stat->direct = (region->flags & UL_REGION_DIRECT) != 0;
	ul_stats_copy_tail(stat->store, sizeof(stat->store),
			   ul_store_name(region->store));
	stat->born_ns = ul_now_ns();
	stat->state = 1;
}

struct ul_stat_region *ul_stats_region_new(const struct ul_region *region,
					   const struct ul_region_spec *spec)
{
	struct ul_stat_region *stat = free_entry();
	uint64_t bytes = region->end - region->start;

	count_region(region, bytes);
	count_now(region, 1, (int64_t)bytes);
	if (!stat)
		return &spare_region;
	change_begin(stat);
	describe(stat, region);
	ul_stats_copy_tail(stat->path, sizeof(stat->path), spec->path);
	clear_heat(stat);
	change_end(stat);
	return stat;
}

struct ul_stat_region *ul_stats_region_split(const struct ul_region *upper,
					     const struct ul_region *lower)
{
	struct ul_stat_region *stat = free_entry();
	uint32_t seq;

	count_now(upper, 1, (int64_t)(upper->end - upper->start));
	if (!stat)
		return &spare_region;
	change_begin(stat);
	seq = stat->seq;
	*stat = *lower->stat;
	stat->seq = seq;
	stat->id = upper->id;
	stat->start = upper->start;
	stat->length = upper->end - upper->start;
	stat->store_offset = upper->store_offset;
	memset(&stat->counters, 0, sizeof(stat->counters));
	change_end(stat);
	return stat;
}

void ul_stats_region_bounds(const struct ul_region *region)
{
	struct ul_stat_region *stat = region->stat;
	uint64_t bytes = region->end - region->start;

	if (stat == &spare_region)
		return;
	count_now(region, 0, (int64_t)bytes - (int64_t)stat->length);
	change_begin(stat);
	stat->start = region->start;
	stat->length = bytes;
	stat->store_offset = region->store_offset;
	stat->counters.resident_bytes = ul_stats_heat_recount(region);
	change_end(stat);
}

void ul_stats_region_gone(const struct ul_region *region)
{
	struct ul_stat_region *stat = region->stat;
	size_t pages = (region->end - region->start) / ul_page_size;
	size_t resident = ul_bits_count(region->pages->filled,
					region->first_page, pages);

	ul_stats_removed(region, resident * ul_page_size);
	count_now(region, -1, -(int64_t)(region->end - region->start));
	if (stat == &spare_region)
		return;
	change_begin(stat);
	stat->state = 0;
	all_taken = false;
	change_end(stat);
}

void ul_stats_add(const struct ul_region *region, size_t counter,
		  uint64_t amount)
{
	struct ul_stat_callsite *site = callsite_of(region);

	bump((uint64_t *)&header->totals + counter, amount);
	bump((uint64_t *)&region->stat->counters + counter, amount);
	bump((uint64_t *)&rule_of(region)->counters + counter, amount);
	if (site)
		bump((uint64_t *)&site->counters + counter, amount);
}

void ul_stats_removed(const struct ul_region *region, uint64_t bytes)
{
	ul_stats_add(region, UL_COUNTER(resident_bytes), -bytes);
	ul_stats_add(region, UL_COUNTER(removed_bytes), bytes);
}

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int power, bucket;

	if (ns < 256)
		return 0;
	power = 63 - (unsigned int)__builtin_clzll(ns);
	bucket = (power - 8) * 4 + (unsigned int)(ns >> (power - 2) & 3);
	return bucket < UL_STAT_BUCKETS ? bucket : UL_STAT_BUCKETS - 1;
}

void ul_stats_fault(const struct ul_region *region, bool write,
		    uint32_t thread, uint64_t ns)
{
	ul_stats_add(region,
		     write ? UL_COUNTER(faults_write) : UL_COUNTER(faults_read),
		     1);
	ul_stats_thread(thread, ns);
	bump(&header->latency[bucket_of(ns)], 1);
	ul_stats_add(region, UL_COUNTER(stall_ns), ns);
}

/* Its parent may have been at the entry, or have given it to another region, while
 * the tables were copied: their path is known no more then. */
static void enter_again(struct ul_region *region, void *context)
{
	struct ul_stat_region *stat = region->stat;
	uint64_t bytes = region->end - region->start;

	(void)context;
	if (stat != &spare_region) {
		if (stat->id != region->id)
			describe(stat, region);
		stat->start = region->start;
		stat->length = bytes;
		stat->store_offset = region->store_offset;
		stat->state = 1;
	}
	count_now(region, 1, (int64_t)bytes);
	ul_stats_add(region, UL_COUNTER(resident_bytes),
		     ul_stats_heat_recount(region));
}

static void enter_all_again(void)
{
	header->regions_now = header->lazy_bytes_now = 0;
	for (uint32_t i = 0; i < header->rules.used; i++)
		rules[i].regions_now = 0;
	for (uint32_t i = 0; i < header->regions.used; i++)
		regions[i].state = regions[i].seq = 0;
	next_free = 0;
	all_taken = false;
	ul_registry_each(enter_again, NULL);
}

/* A fork's child starts counting anew; the regions are those of its books. */
void ul_stats_restart(void)
{
	struct ul_stat_counters none = { 0 };

	ul_stats_wait_forget();
	memset((char *)header + header->threads.offset, 0,
	       (size_t)header->threads.used * header->threads.size);
	header->threads.used = 0;
	header->totals = none;
	memset(header->latency, 0, sizeof(header->latency));
	header->forks = header->events_remap = header->events_remove = 0;
	header->events_unmap = header->log_lines = header->log_dropped = 0;
	header->plain_calls = header->failed_open = 0;
	memset(&header->fill, 0, sizeof(header->fill));
	for (uint32_t i = 0; i < header->rules.used; i++)
		rules[i].counters = none;
	for (uint32_t i = 0; i < header->callsites.used; i++)
		callsites[i].counters = none;
	for (uint32_t i = 0; i < header->regions.used; i++)
		regions[i].counters = none;
	enter_all_again();
}
