/* SPDX-License-Identifier: MIT */
/*
 * gate.h - the engine with gates where its races are decided
 *
 * A test that links gate.c has all of the engine, and no hooks: it calls the
 * engine's table as the hooks would, and what it asks of libc is, to the
 * engine, a raw system call. The linker (--wrap, engine.mk) puts us between the
 * engine's fault path and its stores and its calls of the kernel; nothing of
 * this is in what is installed.
 *
 *      gate        who stands there                       the baton
 *      GATE_LOAD   is about to get a store's bytes        is free
 *      GATE_STORE  the same, from one offset alone        is free
 *      GATE_COPY   has them, and is about to place them   is held, or for a file's
 *                                                         bytes is as good as that
 *      GATE_JOIN   has got or placed them, and says so next   is free
 *      GATE_START  starts, and is about to publish        is free
 *
 * A gate that was shut stops the next thread of the engine that comes, and no
 * other. So a test puts each of two things that race first, by turns; it waits
 * for what it knows, never for a time.
 */
#ifndef UL_GATE_H
#define UL_GATE_H

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "tests/unit/check.h"

#define PAGE ((size_t)4096)
#define PAGES 64			/* of each lazy range */
#define LENGTH (PAGES * PAGE)
#define GRANULE (16 * PAGE)		/* what one fault fills */
#define GATE_HANGS 300			/* seconds: not slow, it hangs */
#define GATE_TIMEOUT_MS 200u		/* of lazy_impatient()'s store */

enum gate { GATE_LOAD, GATE_STORE, GATE_COPY, GATE_JOIN, GATE_START, GATES };

/* The engine's table. */
extern const struct ul_engine *engine;

/* Start the engine with a policy of ours and so many readers; anonymous memory
 * is then filled from a file of the pattern, and so are mappings of any file.
 * Skips the test where the kernel does not let us. */
void gate_start(unsigned int readers);

void gate_shut(enum gate gate);
/* GATE_STORE, for who loads from this offset of the store. */
void gate_shut_store(uint64_t offset);
/* Until a thread of the engine stands at it. */
void gate_await(enum gate gate);
void gate_open(enum gate gate);
/* Who stands there does so until there is a message that nobody has read. */
void gate_await_message(enum gate gate);
/* As soon as the kernel has begun a change that the engine has not been told
 * of yet: whoever stands there runs into it. */
void gate_open_in_change(enum gate gate);
/* As soon as another thread waits for who stands there before it reads what the
 * kernel has to tell; or that has been read, and so this has become true. */
void gate_open_when_awaited(enum gate gate, const _Atomic bool *read);
/* The latter was why it opened. */
bool gate_was_late(void);
/* As soon as another thread wants the baton: it is being asked for something. */
void gate_open_when_wanted(enum gate gate);
/* A change has begun, seen from outside: every reader stands at a gate. */
void gate_await_change(void);
/* Until a fault of this thread has been read whose page another thread was
 * filling already. Not a matter of numbers: who sleeps in a fault may be woken
 * for nothing, and faults again. */
struct toucher;
void gate_await_waiting(const struct toucher *toucher);
/* So many times more has a thread of the engine tried in vain, and slept. */
void gate_await_breaths(unsigned int more);
/* A reader that is woken for a message finds that another one was quicker, and
 * sleeps on. Until so many have, or one
 * waits for the baton and will look for itself. */
void gate_deafen(bool yes);
void gate_await_deaf(unsigned int readers);
/* The keeper has dropped what it had to drop. */
void gate_await_keeper(void);
/* The engine's clock stands still, but for this: so what is a matter of time,
 * a store's timeout above all, is none of the machine's. */
void gate_let_time_pass(uint64_t ns);
/* What a load from lazy_impatient()'s store may take is over. */
void gate_let_timeout_pass(void);
/* Who has threads made while a fault waits finds that so much time has passed, and
 * that the keeper has looked at the clock. */
void gate_slow_growth(uint64_t ns);
/* The child of a fork has nobody at its gates. */
void gate_forget(void);
/* Loads so far, and copies. */
unsigned int gate_loads(void);
unsigned int gate_copies(void);

/* What goes wrong, with the next `count` loads, or copies: those are refused by
 * the kernel, and nothing is placed. */
void gate_fail_loads(unsigned int count, int error, const char *why);
void gate_fail_copies(unsigned int count, int error);
/* The next loads yield bytes of which only those before end, an offset in the
 * store, can be read. */
void gate_cut_loads(unsigned int count, uint64_t end);
/* Of the ioctl that poisons; a positive errno. */
void gate_fail_poison(unsigned int count, int error);
/* Before the next copy, place other bytes there by another way, and tell
 * nobody. */
void gate_place_before(uintptr_t page, unsigned char byte);

/* Of the store; never 0. */
unsigned char pattern_at(size_t at);

/* Lazy memory whose byte n is pattern_at(n); a file's comes back when it is
 * given back, the other is zeros then. */
char *lazy_memory(void);
char *lazy_file(void);
/* Its first bytes, at this address. */
char *lazy_file_at(void *at, size_t length);
/* One page more, which is zeros; and its store has a timeout. */
char *lazy_impatient(void);
/* Two pages more, which are zeros; one fault fills all of the pattern, by pieces
 * of a granule. */
char *lazy_coarse(void);
/* As the hooks do it, or past them. */
int lazy_munmap(bool raw, void *at, size_t length);
int lazy_madvise(bool raw, void *at, size_t length, int advice);
char *lazy_mremap(bool raw, void *at, size_t length, int flags, void *to);
/* MAP_FIXED, anonymous: lazy through the hooks, plain past them. */
char *lazy_map_over(bool raw, void *at, size_t length);

/* [from, from + length) holds the pattern as of offset; or one byte. */
void check_pattern(const char *memory, size_t from, size_t length,
		   size_t offset);
void check_bytes(const char *memory, size_t from, size_t length,
		 unsigned char byte);

/* A thread that reads one byte. */
struct toucher {
	pthread_t thread;
	_Atomic uint32_t tid;
	const volatile char *at;
	unsigned char got;
	int signal;			/* or 0 */
	void *address;			/* its si_addr */
};
void touch_begin(struct toucher *toucher, const void *at);
void touch_end(struct toucher *toucher);
/* In this thread: 0 or the signal. */
int touch(struct toucher *toucher, const void *at);
/* Nothing is there. A sanitizer may use the hole that a test has made. */
bool is_hole(const void *at);
/* Unmap [0, LENGTH) but the pages [first, last), which are a hole by now. */
void unmap_around(char *memory, size_t first, size_t last);

/* A thread that does one thing. */
struct doer {
	pthread_t thread;
	_Atomic int tid;
	void (*what)(void *argument);
	void *argument;
};
void doer_begin(struct doer *doer, void (*what)(void *), void *argument);
/* It has begun, and waits for something. */
void doer_await_asleep(struct doer *doer);
void doer_end(struct doer *doer);

#endif
