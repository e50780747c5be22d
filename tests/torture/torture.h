/* SPDX-License-Identifier: MIT */
/*
 * torture.h - a program that does everything to its memory, and checks it
 *
 * It knows nothing of uffdlazy. Each player (a thread) owns areas of memory
 * of every kind and does random things to them; for each page it keeps a
 * shadow: the bytes that POSIX and Linux say must be there, in memory from a
 * raw system call, which no policy ever makes lazy. What an operation does to
 * the area is done to the shadow by other means, and then they are compared.
 *
 * What fresh memory holds is a promise that the driver makes on the command
 * line: sizes in [min, max) begin with these bytes of the pattern file. With
 * --plain the program keeps the promise itself: so the oracle is tried alone.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE ((size_t)4096)
#define AREAS 20
#define RING 24
#define BUFFER ((size_t)256 << 10)
#define AREA_MAX ((size_t)3 << 20)
#define SIGNAL_PAGES 96

/* --- rng.c ------------------------------------------------------------------ */

struct rng {
	uint64_t state;
};
uint64_t rng_next(struct rng *rng);
/* Uniform enough in [0, below); 0 for 0. */
size_t rng_below(struct rng *rng, size_t below);
/* True once in n times. */
bool rng_once_in(struct rng *rng, size_t n);
void rng_fill(struct rng *rng, void *bytes, size_t length);

/* --- the shadow ------------------------------------------------------------- */

enum state {
	HOLE,				/* ours, but nothing of ours is there */
	MAPPED,
	LOST,				/* somebody else got the addresses */
};

struct page {
	unsigned char *bytes;		/* the shadow; only when MAPPED */
	uint64_t offset;		/* file: where in the pattern */
	unsigned char state;
	unsigned char prot;
	bool file;			/* comes back from the file */
	bool shared;			/* MAP_SHARED, for reading */
	bool bus;			/* past the file's end */
	bool freed;			/* MADV_FREE: the old bytes or zeros */
	bool wipe, nofork;
};

struct area {
	unsigned char *base;		/* NULL: not in use */
	size_t pages;
	size_t size;			/* bytes; of a block as asked for */
	bool block;			/* malloc's; else mmap's */
	const char *what;
	struct page *page;
};

/* A part of one area, in bytes. */
struct span {
	struct area *area;
	size_t offset, length;
};

struct player {
	int number;
	struct rng rng;
	uint64_t op;
	int depth;			/* how many forks deep */
	struct area areas[AREAS];
	unsigned char *buffer;		/* BUFFER bytes, never lazy */
	unsigned char *buffer2;
	char ring[RING][160];
	unsigned int ring_next;
	pid_t child;			/* to be waited for, or 0 */
	pthread_t thread;
	/* The signal handler's own. */
	struct area signal_area;
	struct rng signal_rng;
	volatile unsigned long signals;
};

struct promise {
	size_t min, max;		/* bytes: min <= size < max */
	uint64_t offset, length;	/* of the pattern; then zeros */
};

struct world {
	uint64_t seed;
	uint64_t ops;			/* for each player; 0: by time */
	unsigned int seconds;
	unsigned int players;
	bool plain, verbose, timer, races;
	bool hooked;			/* no raw system calls on memory */
	bool old;			/* only what the first seeds knew */
	bool user;			/* the kernel serves no call of its own */
	bool at_once;			/* no lazy memory: malloc promises no zeros */
	const char *pattern_path;
	unsigned char *pattern;		/* never lazy */
	size_t pattern_size;
	const char *temporary;
	struct promise promises[8];
	size_t n_promises;
	struct area shared[4];		/* read by all, changed by nobody */
	size_t n_shared;
	struct player *player;
};
extern struct world world;
extern _Thread_local struct player *me;

/* Memory that nothing makes lazy. Never NULL: it ends the program. */
void *plain_memory(size_t size);

struct promise *promise_for(size_t size);
/* The byte range of an area as fresh memory of that size holds it. */
void promise_bytes(const struct promise *promise, size_t from, size_t length,
		   unsigned char *bytes);

struct area *area_free_slot(struct player *p);
/* Make the pages of an area, all HOLE. */
void area_init(struct area *area, void *base, size_t pages, const char *what);
void area_drop(struct area *area);
/* The page becomes mapped, with zeros. */
void page_map(struct page *page, int prot);
void page_unmap(struct page *page, enum state state);
/* What DONTNEED leaves of a page. */
void page_discard(struct page *page);
/* The page shows the pattern at offset, as a mapped file does. */
void page_map_file(struct page *page, int prot, bool shared, uint64_t offset);

enum { NEED_MAPPED = 0, NEED_READ = 1, NEED_WRITE = 2, NEED_ALIGNED = 4,
       NEED_MMAP = 8, NEED_ANON = 16 };
/* A random run of bytes, or of whole pages, with these properties. */
bool pick_span(struct player *p, int need, size_t max, struct span *span);

static inline unsigned char *span_at(const struct span *span)
{
	return span->area->base + span->offset;
}

/* The shadow's bytes, out and in. */
void shadow_get(const struct span *span, unsigned char *bytes);
void shadow_put(const struct span *span, const unsigned char *bytes);
/* Before the span is written: decide what MADV_FREE left open. */
void settle_freed(struct player *p, const struct span *span);
/* Memory against shadow. Ends the program with a report. */
void compare_span(struct player *p, const struct span *span);
void compare_area(struct player *p, struct area *area);
void compare_all(struct player *p);

/* --- reports ---------------------------------------------------------------- */

void note(struct player *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void fail(struct player *p, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* --- operations ------------------------------------------------------------- */

struct op {
	const char *name;
	unsigned int weight;
	void (*run)(struct player *p);
	bool later;			/* not in what old seeds choose from */
	bool off;
};
extern struct op ops[];

/* One operation of the player. */
void play(struct player *p);

/* --- what operations share -------------------------------------------------- */

/* ops_call.c */
#define AT_ONCE ((size_t)60000)		/* bytes: they fit into any pipe */
bool has_freed(const struct span *span);
bool overlaps(const struct span *a, const struct span *b);
/* Bytes to send, and a place to receive as many. */
bool pick_pair(struct player *p, int need, size_t max, struct span *from,
	       struct span *to);
/* What is in p->buffer has been put there. */
void arrived(struct player *p, const struct span *to);
void expect(struct player *p, const char *what, ssize_t got, size_t want);
/* A file without a name; or -1. */
int temporary(struct player *p, int flags);
/* ops_map.c */
size_t some_pages(struct player *p);
/* Fresh anonymous memory holds what was promised of its size. */
void enter_anonymous(struct area *area, size_t first, size_t count, bool raw);
/* A window of pages that are ours, mapped or not, in an mmap area. */
bool pick_window(struct player *p, size_t count, struct area **area,
		 size_t *first);

#define OP(name) void op_##name(struct player *p)
/* ops_bytes.c */
OP(read); OP(write); OP(move); OP(compare); OP(walk); OP(shared);
/* ops_block.c */
OP(malloc); OP(realloc); OP(free);
/* ops_map.c */
OP(mmap); OP(mmap_file); OP(fixed); OP(munmap); OP(mprotect); OP(bus);
/* ops_remap.c */
OP(shrink); OP(grow); OP(remap); OP(dontunmap);
/* ops_advise.c */
OP(dontneed); OP(madv_free); OP(advise); OP(populate); OP(mlock); OP(msync);
OP(mincore); OP(forkadvice); OP(hugepage);
/* ops_call.c */
OP(pipe); OP(file); OP(vector); OP(direct); OP(sendfile); OP(process_vm);
OP(getrandom); OP(socket);
/* ops_process.c */
OP(fork); OP(vfork); OP(spawn); OP(signal); OP(fork_otherwise);
/* ops_more.c */
OP(reserve); OP(noreplace); OP(remove); OP(guard); OP(collapse);
OP(locked); OP(advise_process);
/* ops_traffic.c */
OP(uring); OP(readv); OP(splice); OP(stream);
/* ops_crowd.c */
OP(crowd);
#undef OP

void reap(struct player *p);
/* Report SIGSEGV and SIGBUS. */
void faults_start(void);
void block_signals(bool yes);
void signals_start(struct player *p);
void signals_check(struct player *p);

/* True: make this call past libc's function (and past any hook on it). */
bool go_raw(struct player *p);
/* Our addresses again, after something of ours has gone from there. */
void reserve(struct area *area, size_t first, size_t count);

#endif
