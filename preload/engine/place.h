/* SPDX-License-Identifier: MIT */
/*
 * place.h - what place_malloc.c and place_mmap.c share: the decision, the
 * stores, and making a region
 */
#ifndef UL_PLACE_H
#define UL_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/policy.h"
#include "preload/engine/callsite.h"
#include "preload/engine/region.h"

struct ul_mmap_call;

/* What the policy said of a call. */
struct ul_decision {
	const struct ul_policy_rule *rule;
	uint32_t callsite;
};

/* Ask the policy. False: plain memory. Unwinds where a rule or the statistics
 * need it. */
bool ul_place_decide(enum ul_call call, size_t size, int prot, const char *path,
		     struct ul_decision *decision);

/* Name the call site for the statistics. */
uint32_t ul_place_callsite(void);

/* The store a rule names, opened at its first use. The caller gets a reference.
 * Returns 0 or -errno; then the reason was said. */
int ul_place_rule_store(const struct ul_policy_rule *rule,
			struct ul_store **store);

/* What the decision says of a region of size bytes; store and flags are set by
 * the caller. */
void ul_place_spec_from(struct ul_region_spec *spec,
			const struct ul_decision *decision, size_t size,
			int prot);

/*
 * Register [start, start + length), which was just mapped, as a region, and
 * enter it into the books. Under a passage; the threads run, unless it is
 * direct. Returns 0 or -errno: then nothing has changed.
 */
int ul_place_register(uintptr_t start, size_t length,
		      const struct ul_region_spec *spec);

/*
 * Memory for an mmap call, where it wants it, that spec's store fills: a region,
 * lazy if it can be; or filled at once. 1 with the address; 0: it may as well be
 * plain; or -errno.
 */
int ul_place_region(const struct ul_mmap_call *call,
		    const struct ul_region_spec *spec, void **address);
int ul_place_filled(const struct ul_mmap_call *call,
		    const struct ul_region_spec *spec, void **address);

/* As mmap(2); for what becomes the program's memory: see zone.c. */
static inline void *ul_place_mmap_plain(void *address, size_t length, int prot,
					int flags, int fd, off_t offset)
{
#ifdef __LP64__
	return (void *)syscall(SYS_mmap, address, length, prot, flags, fd,
			       offset);
#else
	return mmap(address, length, prot, flags, fd, offset);
#endif
}

/*
 * What the call asks for, of the kernel, inside a passage; and, outside, what
 * MAP_POPULATE and MAP_LOCKED ask for: that waits for disks, and must not hold
 * anybody else. The first is MAP_FAILED with errno, and as in the kernel the second
 * does not fail.
 */
void *ul_place_mmap_empty(const struct ul_mmap_call *call);
void ul_place_populate(void *at, const struct ul_mmap_call *call);

static inline bool ul_place_is_shared(int flags)
{
	return (flags & MAP_TYPE) != MAP_PRIVATE;
}

/* A program may know that nothing is at an address, for it has just unmapped what
 * was there. Until its memory is, ours must not be: the threads' stacks, a store's
 * mapping, what libunwind keeps. True: the place of a MAP_FIXED call was free and
 * is held, and the call may replace that. */
bool ul_place_hold(struct ul_mmap_call *call);
/*
 * Fill fresh memory at once, where it cannot be lazy. Bytes past the store's
 * end stay as they are. Returns 0 or -errno; then the reason was said.
 */
int ul_place_fill(void *target, size_t length, struct ul_store *store,
		  uint64_t offset);

/*
 * Bytes of spec's store in a file without a name, which cannot be written
 * through a mapping any more. A descriptor, -EIO, or another -errno: it cannot
 * be made.
 */
int ul_place_copy(const struct ul_region_spec *spec, size_t length);

/* A mapping in which every access that prot allows raises SIGBUS, over existing
 * memory: what lies past the end of a file. Returns 0 or -errno. */
int ul_place_map_end(void *start, size_t length, int prot);

/* The store of zeros; no reference. */
struct ul_store *ul_place_zero_store(void);

/* In a fork's child: nobody is opening a store. */
void ul_place_forked(void);

#endif
