/* SPDX-License-Identifier: MIT */
/*
 * stat_abi.h - the layout of a process's statistics file
 *
 * The one thing that the engine (writer) and uffdlazy-stat (reader) share. The
 * file is uffdlazy-<uid>/<pid> under $XDG_RUNTIME_DIR, else /dev/shm; folder
 * mode 0700, file mode 0600. Fixed-width fields in the machine's byte order,
 * no pointers. Append only: a newer version may make a table's entries or the
 * header longer (sizes are in the header) and never moves what is there; a
 * reader refuses only another major version.
 *
 * Every 64-bit counter is written with relaxed atomic stores and only grows,
 * except where it says "now". A reader takes no lock: an entry of a table is
 * valid when its seq is even and the same before and after the copy.
 */
#ifndef UL_STAT_ABI_H
#define UL_STAT_ABI_H

#include <stdint.h>

#define UL_STAT_MAGIC "uffdlazy"	/* 8 bytes, no NUL */
#define UL_STAT_MAJOR 1
#define UL_STAT_MINOR 2
#define UL_STAT_FOLDER "uffdlazy-%u"	/* uid */
#define UL_STAT_KEEPER "uffdlazy-keep"	/* in /proc/PID/task/TID/comm */

/* Latency is kept in HDR style: 4 buckets for each power of two, from 256 ns.
 * Bucket b spans [low(b), low(b + 1)) with
 * low(b) = 256 ns * 2^(b / 4) * (1 + (b % 4) / 4). The first also takes what
 * is faster, the last what is slower. */
#define UL_STAT_BUCKETS 96

enum ul_stat_rung {
	UL_RUNG_UNKNOWN,
	UL_RUNG_FULL_DEV,	/* /dev/userfaultfd */
	UL_RUNG_FULL_SYSCALL,	/* userfaultfd(2) */
	UL_RUNG_USER_ONLY,	/* UFFD_USER_MODE_ONLY */
	UL_RUNG_NONE,		/* filled at once */
};

struct ul_stat_counters {
	uint64_t faults_read;		/* page faults served */
	uint64_t faults_write;
	uint64_t fills;			/* fills, of whatever size */
	uint64_t filled_bytes;		/* placed by fills, with refills */
	uint64_t resident_bytes;	/* now: filled and not taken away since */
	uint64_t removed_bytes;		/* taken away by madvise(2) and the like */
	uint64_t zero_bytes;		/* of filled_bytes: zeros */
	uint64_t readahead_bytes;	/* filled beyond the faulting granule */
	uint64_t readahead_used_bytes;	/* of those: known to be wanted since */
	uint64_t poisoned_bytes;
	uint64_t retries;		/* fills tried again (EAGAIN, EEXIST) */
	uint64_t stall_ns;		/* sum of the time to serve a fault */
	/* From minor version 2 on. */
	uint64_t replayed_bytes;	/* filled because a record said so */
	uint64_t requested_bytes;	/* of filled_bytes: asked for by a fill
					 * request, not by a touch */
	uint64_t discarded_bytes;	/* of removed_bytes: while the region
					 * stayed; may be filled again */
	uint64_t spare[1];
};

struct ul_stat_region {
	uint32_t seq;
	uint32_t state;			/* 0 free, 1 live */
	uint64_t id;			/* counts from 1 over the whole run */
	uint64_t start;			/* address */
	uint64_t length;		/* bytes */
	uint64_t store_offset;
	uint32_t call;			/* enum ul_call (policy.h) */
	uint32_t rule;			/* index in the rules table; ~0: a stub */
	uint32_t callsite;		/* index in the call sites table; ~0: unknown */
	uint32_t prot;			/* PROT_* when it was made */
	char store[48];			/* its name */
	char path[128];			/* the mapped file's path (its end), or "" */
	struct ul_stat_counters counters;
	uint64_t born_ns;		/* CLOCK_MONOTONIC */
	/* 1: the kernel has mapped the store's file, and its counters count
	 * nothing. */
	uint64_t direct;
	uint64_t spare[6];
};

struct ul_stat_rule {
	char name[64];
	uint64_t regions;		/* made so far */
	uint64_t regions_now;
	uint64_t lazy_bytes;		/* of all regions made */
	struct ul_stat_counters counters;
	uint64_t spare[4];
};

#define UL_STAT_FRAMES 8
struct ul_stat_frame {
	uint64_t pc;
	uint64_t object_offset;		/* pc as an offset into the object's file */
	uint64_t function_offset;	/* pc - start of the function */
	char function[80];		/* "" when unknown */
	char object[96];		/* path (its end), "" when unknown */
};

struct ul_stat_callsite {
	uint64_t regions;
	uint64_t lazy_bytes;
	struct ul_stat_counters counters;
	uint32_t n_frames;		/* innermost first */
	uint32_t pad;
	struct ul_stat_frame frames[UL_STAT_FRAMES];
	uint64_t spare[4];
};

/* How much of a region is resident, in equal parts of it: page p of n is in
 * cell p * UL_STAT_CELLS / n. Entry i is of entry i of the regions. */
#define UL_STAT_CELLS 64
struct ul_stat_heat {
	uint32_t pages[UL_STAT_CELLS];	/* now: resident ones of each cell */
};

#define UL_STAT_THREADS 512
/* A thread of the program that has waited for a page. A thread may get the
 * number of one that has ended, and goes on with its entry then. When the table
 * is full, the last entry (tid 0) is all further threads'. */
struct ul_stat_thread {
	uint32_t tid;
	uint32_t pad;
	uint64_t faults;
	uint64_t stall_ns;		/* sum */
	uint64_t longest_ns;
	char name[16];			/* at its first fault; "" when unknown */
	uint64_t spare[2];
};

/*
 * How another process asks for all that is missing (uffdlazy-stat --fill). The
 * file is writable for its owner, and so is this: the asker holds a lock on the
 * file (flock(2)), writes region, sets request to another number than answered,
 * adds 1 to bell, and wakes who waits for it (a futex of several processes).
 * The process works, says how far it is, and in the end sets answered to
 * request, and wakes who waits for that. Each side only compares what the other
 * writes, or shows it.
 */
struct ul_stat_fill {
	uint32_t bell;			/* asker's: counts */
	uint32_t request;		/* asker's: which request is the last */
	uint64_t region;		/* asker's: an ID; 0: all */
	uint32_t cancel;		/* asker's: the request to give up */
	uint32_t listening;		/* 1: somebody waits for the bell */
	uint32_t answered;		/* the last request that is done with */
	int32_t result;			/* of that: 0 or -errno */
	uint64_t wanted_bytes;		/* that were missing at its start */
	uint64_t done_bytes;		/* of those: that are not any more */
	uint64_t failed_bytes;		/* of those: that cannot be filled */
	char failure[128];		/* why not, for the first of them */
};

/* A table: entries of size bytes, at offset from the file's start. */
struct ul_stat_table {
	uint64_t offset;
	uint32_t size;			/* of one entry, bytes */
	uint32_t room;			/* entries there is room for */
	uint32_t used;			/* entries ever used (the rest are zero) */
	uint32_t pad;
};

struct ul_stat_header {
	char magic[8];
	uint32_t major;
	uint32_t minor;
	uint64_t file_size;		/* bytes */
	uint32_t header_size;
	uint32_t pid;
	uint32_t parent;
	uint32_t uid;
	uint64_t start_ticks;		/* field 22 of /proc/pid/stat: whose pid */
	uint64_t start_ns;		/* CLOCK_MONOTONIC when the engine started */
	uint64_t end_ns;		/* 0: running; else when it ended */
	uint32_t page_size;
	uint32_t rung;			/* enum ul_stat_rung */
	uint64_t features;		/* UFFD_FEATURE_* in use */
	char command[64];		/* program's name */
	char policy[256];		/* where it came from */
	struct ul_stat_table regions;
	struct ul_stat_table rules;
	struct ul_stat_table callsites;
	uint64_t regions_made;
	uint64_t regions_now;
	uint64_t lazy_bytes;		/* of all regions made but direct ones */
	uint64_t lazy_bytes_now;
	uint64_t plain_calls;		/* looked at, and left plain by the policy */
	uint64_t failed_open;		/* should be lazy, could not be */
	struct ul_stat_counters totals;
	uint64_t latency[UL_STAT_BUCKETS];	/* of fault service */
	uint64_t forks;
	uint64_t events_remap, events_remove, events_unmap;
	uint64_t log_lines, log_dropped;
	/* From minor version 1 on. */
	char program[128];		/* its path, "" when unknown or longer */
	struct ul_stat_table heat;
	struct ul_stat_table threads;
	uint64_t direct_bytes;		/* of all direct regions made */
	/* The inode of /proc/self/ns/pid: where pid is a number; 0: unknown. */
	uint64_t pid_namespace;
	/* 1: it has a thread UL_STAT_KEEPER, which it loses by execve(2) alone. */
	uint64_t has_keeper;
	uint64_t spare[1];
	/* From minor version 2 on. */
	struct ul_stat_fill fill;
};

/* Where bucket begins, in ns; bucket may be UL_STAT_BUCKETS. */
static inline uint64_t ul_stat_bucket_low(unsigned int bucket)
{
	uint64_t octave = UINT64_C(256) << (bucket / 4);

	return octave + octave / 4 * (bucket % 4);
}

/*
 * The time that a share (in per mille) of the samples does not exceed, in ns,
 * as exact as the buckets are (19 % at the worst); 0 where there are none. The
 * one formula, so that one run has one p99 wherever it is told.
 */
static inline uint64_t ul_stat_quantile(const uint64_t latency[UL_STAT_BUCKETS],
					unsigned int per_mille)
{
	double wanted, samples = 0, sum = 0;
	unsigned int b;

	for (b = 0; b < UL_STAT_BUCKETS; b++)
		samples += (double)latency[b];
	wanted = samples * per_mille / 1000;
	for (b = 0; b < UL_STAT_BUCKETS; b++) {
		double low = (double)ul_stat_bucket_low(b);
		double high = (double)ul_stat_bucket_low(b + 1);
		double count = (double)latency[b];

		/* Within a bucket the samples are taken as spread evenly. */
		if (count > 0 && sum + count >= wanted)
			return (uint64_t)(low + (high - low) *
						(wanted - sum) / count);
		sum += count;
	}
	return 0;
}

#endif
