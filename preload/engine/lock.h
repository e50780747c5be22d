/* SPDX-License-Identifier: MIT */
/*
 * lock.h - the engine's own locks, on futexes
 *
 * Not libc's: a handler must be able to take them whatever libc's state is,
 * and a fork's child must be able to reset them.
 *
 * Ranks: never take a lock while holding one of the same or of a later rank.
 * Checked in debug builds.
 *
 *   UL_RANK_START    starting the engine's threads
 *   UL_RANK_MAPS     lazy mappings are being made or changed; fork
 *   UL_RANK_THREADS  a thread of ours is being made; fork
 *   UL_RANK_BATON    books and pages agree; see handler.h
 *   UL_RANK_LEAF     short sections that call nothing: call sites, log
 */
#ifndef UL_LOCK_H
#define UL_LOCK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum ul_rank { UL_RANK_START, UL_RANK_MAPS, UL_RANK_THREADS,
	       UL_RANK_BATON, UL_RANK_LEAF };

struct ul_lock {
	_Atomic uint32_t state;		/* 0 free, 1 held, 2 held and waited for */
	enum ul_rank rank;
	_Atomic int cpu;		/* where it was last taken */
};
#define UL_LOCK_INIT(rank) { 0, (rank), 0 }

void ul_lock_take(struct ul_lock *lock);
bool ul_lock_try(struct ul_lock *lock);
/* False: not within so many ns, by tenths. */
bool ul_lock_take_for(struct ul_lock *lock, uint64_t ns);
void ul_lock_drop(struct ul_lock *lock);
/* Does another thread wait for it? Context: its holder; a hint. */
bool ul_lock_is_wanted(const struct ul_lock *lock);
/* For a fork's child, where no other thread is left. */
void ul_lock_reset(struct ul_lock *lock);

/* For a loop that waits for another CPU. */
void ul_pause(void);

void ul_futex_wait(_Atomic uint32_t *word, uint32_t expected);
/* At most ns; 0: any time. */
void ul_futex_wait_for(_Atomic uint32_t *word, uint32_t expected, uint64_t ns);
void ul_futex_wake(_Atomic uint32_t *word, int threads);
/* The same for a word in memory that several processes have. */
void ul_futex_wake_shared(uint32_t *word);
/* Is it this value? False also where there is no memory any more. */
bool ul_futex_is(_Atomic uint32_t *word, uint32_t value);

struct ul_futex_word {
	_Atomic uint32_t *word;
	uint32_t expected;
	bool shared;			/* several processes have it */
};
/* Wait until one of them (count, at most 4) is woken, has another value or is
 * not there, at most ns (0: any time). False: the kernel cannot wait for several
 * (before Linux 5.16), and nothing was waited for. */
bool ul_futex_wait_any(const struct ul_futex_word *words, unsigned int count,
		       uint64_t ns);

/*
 * A thread that holds an engine lock must not run the program's signal handlers:
 * they may touch lazy memory, and who serves it needs the lock. Nor must it be
 * cancelled, by which it would keep the lock. One signal stays open, libc's
 * own: setuid(3) waits in another thread until this one has handled it, with the
 * lock taken under which threads are made.
 */
void ul_signals_block(sigset_t *saved);
/* That one, too: nothing may be waited for then. */
void ul_signals_block_all(sigset_t *saved);
void ul_signals_restore(const sigset_t *saved);

#endif
