/* SPDX-License-Identifier: MIT */
/*
 * region.h - a range of lazy memory, and the registry of all of them
 *
 * A region is a range of addresses that is registered with the kernel and
 * whose missing pages come from one store. The registry follows what the
 * kernel tells of the program's mappings: a region may be cut in two, lose its
 * ends, or move.
 *
 * Who may touch what: (b) under the baton; (c) constant while the region
 * lives; (a) atomic. Region structures are never given back to the system, so
 * a thread that finds one without a lock reads an old one at worst.
 */
#ifndef UL_REGION_H
#define UL_REGION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "preload/engine/pageset.h"
#include "preload/engine/stat_abi.h"
#include "preload/store/store.h"

enum {
	/* A page taken away by the program comes back from the store, as a
	 * mapped file's does; otherwise it comes back as zeros. */
	UL_REGION_REFILLS = 1 << 0,
	/* Past the store's end there is nothing: SIGBUS. Otherwise zeros. */
	UL_REGION_ENDS = 1 << 1,
	/* Stands for a shared mapping of a file opened for reading: it must
	 * not become writable. */
	UL_REGION_READ_ONLY = 1 << 2,
	/* A block of malloc's. */
	UL_REGION_BLOCK = 1 << 3,
	/* The kernel has mapped the store's file: no faults come here, and no
	 * events. See direct.h. */
	UL_REGION_DIRECT = 1 << 4,
	/* Stands for a file on a file system that is mounted noexec: it must not
	 * become executable. */
	UL_REGION_NO_EXEC = 1 << 5,
	/* The store is that of zeros. Set by the registry. */
	UL_REGION_ZEROS = 1 << 6,
	/* A direct one that is just what the program asked for. It is in the
	 * books to be seen; every call is left to the kernel. */
	UL_REGION_PLAIN = 1 << 7,
	/* A direct one that was mapped MAP_NORESERVE. */
	UL_REGION_NORESERVE = 1 << 8,
};

/* What is known before there is an address. */
struct ul_region_spec {
	struct ul_store *store;		/* the region takes its own reference */
	uint64_t store_offset;		/* the store's byte for the first one */
	size_t size;			/* bytes asked for, not rounded */
	unsigned int call;		/* enum ul_call */
	unsigned int flags;
	int prot;
	uint64_t granule;		/* bytes; 0: the store's choice */
	enum ul_readahead readahead;
	uint64_t readahead_size;
	uint64_t timeout_ns;		/* a load may take; 0: any time */
	uint32_t rule;			/* index; UL_NO_INDEX: a stub */
	uint32_t callsite;		/* index; UL_NO_INDEX: unknown */
	const char *path;		/* the mapped file, or NULL */
	/* The kernel is to map the store's file, as this rule says; or NULL. */
	const struct ul_policy_rule *direct;
	/* The store is the file that is mapped: where it cannot be lazy, that is
	 * left to the kernel. */
	bool self;
};
#define UL_NO_INDEX UINT32_MAX

struct ul_region {
	uint64_t id;			/* (b) never reused; 0: not in use */
	uint64_t version;		/* (b) changes with every event */
	uintptr_t start, end;		/* (b) */
	struct ul_store *store;		/* (c) */
	uint64_t store_offset;		/* (b) the store's byte for start */
	uint64_t backed;		/* (b) bytes from start the store has */
	struct ul_pageset *pages;	/* (b) */
	size_t first_page;		/* (b) start's bit in pages */
	unsigned int call;		/* (c) */
	unsigned int flags;		/* (c) */
	int prot;			/* (c) PROT_* when it was made */
	_Atomic uint64_t block_size;	/* (a) malloc's size; 0: not owned */
	uint64_t granule;		/* (c) */
	enum ul_readahead readahead;	/* (c) */
	uint64_t readahead_size;	/* (c) */
	uint64_t timeout_ns;		/* (c) a load may take; 0: any time */
	uint32_t rule, callsite;	/* (c) */
	uint64_t made;			/* (c) of all its pieces: the first id */
	uint64_t origin;		/* (b) start's offset in what was made */
	uint32_t trace;			/* (b) entry in the record + 1; 0: none */
	struct ul_stat_region *stat;	/* (c) never NULL */
	struct ul_region *spare;	/* (b) next one not in use */
};

extern size_t ul_page_size;

/* Is there one at this address, whatever the books say? Context: any. */
bool ul_page_is_present(uintptr_t page);

static inline size_t ul_round_up(size_t size)
{
	return (size + ul_page_size - 1) & ~(ul_page_size - 1);
}

/* Make room, once. Context: before the first region; not under the baton. Returns
 * 0 or -ENOMEM. */
int ul_registry_init(void);

/* Enter a new region; what the books still had there is gone. Under the
 * baton. NULL: no memory. */
struct ul_region *ul_registry_add(uintptr_t start, size_t length,
				  const struct ul_region_spec *spec);

/* The first region that ends after an address, or NULL. Under the baton. */
struct ul_region *ul_registry_next(uintptr_t address);
/* The region that holds an address, or NULL. Under the baton. */
struct ul_region *ul_registry_find(uintptr_t address);
/* The last region that ends at or before an address and is not direct, or
 * NULL. Under the baton. */
struct ul_region *ul_registry_before(uintptr_t address);

/* [start, end) is unmapped. Under the baton. */
void ul_registry_remove(uintptr_t start, uintptr_t end);
/* [start, end) now begins at to. Under the baton. */
void ul_registry_move(uintptr_t start, uintptr_t end, uintptr_t to);
/* The program gave the bytes of [start, end) back. Under the baton. */
void ul_registry_discard(uintptr_t start, uintptr_t end);
/* Something is there that is not to be filled; it counts as filled, and as
 * resident. Under the baton. */
void ul_registry_occupy(uintptr_t start, uintptr_t end);
/* A fork's child shall find zeros in [start, end), or no longer so. Under the
 * baton. */
void ul_registry_note_wipe(uintptr_t start, uintptr_t end, bool wiped);
/* In that child: it does. Under the baton. */
void ul_registry_wipe(void);
/* [start, end) cannot be read, or can. Under the baton. */
void ul_registry_note_closed(uintptr_t start, uintptr_t end, bool closed);
/* [start, end) are guard pages, or are none any more. Under the baton. */
void ul_registry_note_guards(uintptr_t start, uintptr_t end, bool guards);
/* A region's end moves up to end; the new bytes are past the store, or for a
 * file the store's next ones. Under the baton. Returns 0 or -ENOMEM. */
int ul_region_grow(struct ul_region *region, uintptr_t end);

/* A block of malloc's is registered no more, and its bytes are nobody's but the
 * program's: it stays as a direct region, which can be freed. Under the
 * baton. */
void ul_registry_retire(struct ul_region *region, struct ul_store *zero);

/* Call for each region, in order of address. Under the baton; the callback
 * must not change the registry. */
void ul_registry_each(void (*call)(struct ul_region *region, void *context),
		      void *context);
size_t ul_registry_count(void);

/* Where what can be filled of a region ends: past the end of a mapped file
 * there is nothing. */
static inline uintptr_t ul_region_fillable_end(const struct ul_region *region)
{
	uint64_t mask = ul_page_size - 1;

	if (!(region->flags & UL_REGION_ENDS))
		return region->end;
	return region->start + ((region->backed + mask) & ~mask);
}

/*
 * Lookups by the program's own threads, without a lock: a sequence count tells
 * when the registry changed in between, and then they look again.
 */
struct ul_sighting {
	uintptr_t start, end;
	uintptr_t fillable_end;		/* as of ul_region_fillable_end() */
	unsigned int flags;
	struct ul_region *region;	/* for its atomic fields only */
};
/* The first region that overlaps [start, end). */
bool ul_registry_look(uintptr_t start, uintptr_t end,
		      struct ul_sighting *sighting);

#endif
