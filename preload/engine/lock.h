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
 *   UL_RANK_BATON    books and pages agree; see handler.h
 *   UL_RANK_LEAF     short sections that call nothing: call sites, log
 */
#ifndef UL_LOCK_H
#define UL_LOCK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum ul_rank { UL_RANK_START, UL_RANK_MAPS, UL_RANK_BATON, UL_RANK_LEAF };

struct ul_lock {
	_Atomic uint32_t state;		/* 0 free, 1 held, 2 held and waited for */
	enum ul_rank rank;
};
#define UL_LOCK_INIT(rank) { 0, (rank) }

void ul_lock_take(struct ul_lock *lock);
bool ul_lock_try(struct ul_lock *lock);
void ul_lock_drop(struct ul_lock *lock);
/* Does another thread wait for it? Context: its holder; a hint. */
bool ul_lock_is_wanted(const struct ul_lock *lock);
/* For a fork's child, where no other thread is left. */
void ul_lock_reset(struct ul_lock *lock);

void ul_futex_wait(_Atomic uint32_t *word, uint32_t expected);
/* At most ns; 0: any time. */
void ul_futex_wait_for(_Atomic uint32_t *word, uint32_t expected, uint64_t ns);
void ul_futex_wake(_Atomic uint32_t *word, int threads);
/* The same for a word in memory that several processes have. */
void ul_futex_wake_shared(uint32_t *word);
/* Wait for one of ours or one that several processes have, at most ns (0: any
 * time). False: the kernel cannot wait for both (before Linux 5.16). */
bool ul_futex_wait_either(_Atomic uint32_t *ours, uint32_t expected,
			  uint32_t *shared, uint32_t expected_shared,
			  uint64_t ns);

/* A thread that holds an engine lock must not run the program's signal
 * handlers: they may touch lazy memory, and who serves it needs the lock. */
void ul_signals_block(sigset_t *saved);
void ul_signals_restore(const sigset_t *saved);

#endif
