/* SPDX-License-Identifier: MIT */
/*
 * trace_abi.h - the layout of a record of first touches
 *
 * What the engine writes and replays, and what the tools draw. The page
 * uffdlazy-trace(5) describes it in words. Fixed-width fields in the machine's
 * byte order, no pointers. Append only: a newer version may make the header or
 * a table's entries longer (sizes are in the file) and never moves what is
 * there; a reader refuses only another major version.
 *
 * The file is written while the process runs, through a mapping. An entry is
 * whole before its table's `used` counts it, so that a reader who takes
 * min(used, entries that lie in the file) sees whole entries at any time, also
 * when the process was killed; end_ns tells whether it was not.
 *
 * A region is known again by its key, which is the same in the next run and in
 * a rebuilt program: rule, site, path and ordinal. Offsets are bytes from the
 * first byte that the region had when it was made, whatever was cut off it, or
 * wherever it was moved, since.
 */
#ifndef UL_TRACE_ABI_H
#define UL_TRACE_ABI_H

#include <stdint.h>

#define UL_TRACE_MAGIC "uffdltrc"	/* 8 bytes, no NUL */
#define UL_TRACE_MAJOR 1
#define UL_TRACE_MINOR 0

/* The engine stops there; a file may have more. */
#define UL_TRACE_REGIONS 4096u
#define UL_TRACE_FILLS (4u << 20)

enum {					/* of a region */
	/* Its store is zeros: replayed only where it was written. */
	UL_TRACE_ZERO_STORE = 1 << 0,
};

struct ul_trace_region {
	uint64_t born_ns;		/* since start_ns */
	uint64_t gone_ns;		/* when its last piece was unmapped; 0: not */
	uint64_t address;		/* of its first byte when it was made */
	uint64_t length;		/* bytes; grows with touches beyond it */
	uint64_t store_offset;		/* the store's byte for the first one */
	uint64_t store_length;		/* bytes of the whole store; zeros: ~0 */
	uint64_t ordinal;		/* of its rule, site and path; from 1 */
	uint32_t call;			/* enum ul_call (policy.h) */
	uint32_t prot;			/* PROT_* when it was made */
	uint32_t flags;			/* UL_TRACE_ZERO_STORE */
	uint32_t pieces;		/* now: mapped ones it was cut into */
	char rule[64];			/* its name; "(stub)": none, a stub */
	char store[48];			/* its name */
	char path[128];			/* the mapped file's path (its end), or "" */
	/* Who asked: "function@object < function@object ...", innermost first,
	 * objects without folders; "+0x1f0@object", an offset into the object's
	 * file, where no name is known; as many whole frames as fit; "" when
	 * unknown. */
	char site[640];
	uint64_t spare[9];
};

enum {					/* of a fill */
	UL_TRACE_WRITE = 1 << 0,	/* the touch was a write */
	UL_TRACE_AHEAD = 1 << 1,	/* readahead: nobody waited */
	UL_TRACE_REPLAY = 1 << 2,	/* from an older record: nobody waited */
	UL_TRACE_ZEROS = 1 << 3,	/* zeros, not the store's bytes */
	UL_TRACE_POISON = 1 << 4,	/* could not be had: SIGBUS */
};

/* In the order in which they were done. A length of 0 says nothing (a file that
 * lost its end to a crash of the machine has such). */
struct ul_trace_fill {
	uint64_t time_ns;		/* since start_ns: when it began */
	uint64_t offset;		/* bytes; a multiple of the page */
	uint32_t region;		/* index in the regions table */
	uint32_t length;		/* bytes; a multiple of the page */
	uint32_t latency_ns;		/* until it was there; ~0: that or more */
	uint16_t flags;			/* UL_TRACE_WRITE ... */
	uint16_t page;			/* which page of it was touched; 0 if none */
};

/* Entries of size bytes, at offset from the file's start. The tables do not
 * overlap; between and behind them lie holes. */
struct ul_trace_table {
	uint64_t offset;
	uint64_t used;			/* entries; grows */
	uint32_t size;			/* of one entry, bytes */
	uint32_t room;			/* entries there is room for */
};

enum {					/* of the header */
	/* Something is missing: there was no room, in the bounds above or on
	 * the disk; or it is a child's, of what its parent's record has not. */
	UL_TRACE_FULL = 1 << 0,
};

struct ul_trace_header {
	char magic[8];
	uint32_t major;
	uint32_t minor;
	uint32_t header_size;
	uint32_t page_size;		/* bytes */
	uint32_t pid;
	uint32_t flags;			/* UL_TRACE_FULL */
	uint64_t start_ns;		/* CLOCK_MONOTONIC: when the engine started */
	uint64_t start_real_ns;		/* CLOCK_REALTIME of the same moment */
	uint64_t end_ns;		/* since start_ns: when the process exited;
					 * 0: it runs, or was killed */
	char command[64];		/* program's name */
	char program[128];		/* its path, "" when unknown or longer */
	struct ul_trace_table regions;	/* struct ul_trace_region */
	struct ul_trace_table fills;	/* struct ul_trace_fill */
	uint64_t spare[16];
};

#endif
