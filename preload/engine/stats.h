/* SPDX-License-Identifier: MIT */
/*
 * stats.h - the numbers that uffdlazy-stat reads
 *
 * Counters live in the statistics file itself (stat_abi.h), mapped at one
 * address for the life of the process; where the file cannot be made they live
 * in plain memory and only the summary at exit shows them. A table that is
 * full counts into a spare entry that nobody reads; the totals are complete.
 * Unless said otherwise a function is called under the baton.
 */
#ifndef UL_STATS_H
#define UL_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "preload/engine/callsite.h"
#include "preload/engine/stat_abi.h"

struct ul_region;
struct ul_region_spec;
struct ul_store;

/* Make the tables, in memory. Context: the engine's start; allocates. */
int ul_stats_init(const struct ul_policy *policy);
/* Put them into the file, if that was not tried yet. Context: the keeper, at
 * its start and in a fork's child, whose numbers begin at zero but for the
 * regions it has; a hook, inside the passage. */
void ul_stats_publish(bool forked);
/* Take away what processes have left that could not finish (killed, _exit).
 * Context: the keeper, which may take its time. Allocates: no. */
void ul_stats_sweep(void);
/* In a fork's child that stays as it is: leave the parent's file alone. */
void ul_stats_detach(void);
/* The process exits: last numbers, and the file goes away unless
 * UFFDLAZY_STATS named it. Context: any thread. */
void ul_stats_finish(void);

struct ul_stat_header *ul_stats_header(void);
/* A rule's name, or what stands for it. Context: any. */
const char *ul_stats_rule_name(uint32_t rule);
void ul_stats_kernel(int rung, uint64_t features);

struct ul_stat_region *ul_stats_region_new(const struct ul_region *region,
					   const struct ul_region_spec *spec);
struct ul_stat_region *ul_stats_region_split(const struct ul_region *upper,
					     const struct ul_region *lower);
void ul_stats_region_bounds(const struct ul_region *region);
void ul_stats_region_gone(const struct ul_region *region);

/* Which counter of ul_stat_counters, by its place in the structure. */
#define UL_COUNTER(name)                                                       \
	(offsetof(struct ul_stat_counters, name) / sizeof(uint64_t))
/* Add to a counter of the region, its rule, its call site and the totals. */
void ul_stats_add(const struct ul_region *region, size_t counter,
		  uint64_t amount);
void ul_stats_removed(const struct ul_region *region, uint64_t bytes);
/* A fault was served: how long it took since its message was read. */
void ul_stats_fault(const struct ul_region *region, bool write,
		    uint32_t thread, uint64_t ns);

/* stats_threads.c: who waited. */
struct ul_message;
void ul_stats_thread(uint32_t thread, uint64_t ns);
/* A fault will be served by another thread's fill of that page: it is counted
 * when the fill, of [start, end), is done or given up. */
void ul_stats_wait_begin(const struct ul_message *fault, uint64_t arrived_ns);
void ul_stats_wait_end(uintptr_t start, uintptr_t end);
/* Call for the page of each fault that waits in [start, end). */
void ul_stats_wait_each(uintptr_t start, uintptr_t end,
			void (*call)(uintptr_t page, void *context),
			void *context);
/* In a fork's child: nobody waits. */
void ul_stats_wait_forget(void);

/* stats_heat.c: which parts of a region are resident. */
/* The pages of bits [first, first + count) of its set will be filled, or not:
 * to be called while they are as they were. */
void ul_stats_heat_change(const struct ul_region *region, size_t first,
			  size_t count, bool filled);
/* The region is new, or has other bounds. Returns its resident bytes. */
uint64_t ul_stats_heat_recount(const struct ul_region *region);

/* Header counters, from any thread. */
void ul_stats_count(uint64_t *counter);

/* The call site's place in its table, entered at its first time. Context: a
 * hook, inside the passage; takes a leaf lock. UL_NO_INDEX when full. */
uint32_t ul_stats_callsite(const struct ul_callsite *callsite);
/* Nobody enters one between these two. */
void ul_stats_callsites_hold(void);
void ul_stats_callsites_let_go(void);
/* In a fork's child, before all else here. */
void ul_stats_fork_child(void);


uint64_t ul_now_ns(void);

#endif
