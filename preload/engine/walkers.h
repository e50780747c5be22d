/* SPDX-License-Identifier: MIT */
/*
 * walkers.h - threads that walk their call stacks, and forks
 *
 * libunwind and the loader have locks of their own, which no fork's child gets
 * back from a thread that it does not have. So a fork waits until nobody walks,
 * and who would begin to walk waits until it is done. Neither for ever: a
 * thread that waits here may hold what the other one needs, as the loader's
 * lock in a callback of dl_iterate_phdr(3). The child of a fork that met with a
 * walk must not walk.
 */
#ifndef UL_WALKERS_H
#define UL_WALKERS_H

#include <stdbool.h>

/* Around all that libunwind is asked. Context: a program's thread, signals
 * blocked, so that no handler forks meanwhile. */
void ul_walkers_begin(void);
void ul_walkers_end(void);
/* Between them: walk, which has libunwind keep something for this thread. */
void ul_walkers_run(void (*walk)(void *context), void *context);
/* Nobody may walk in this process. */
bool ul_walkers_are_barred(void);

/* Around a fork, outside of all else, signals blocked. */
void ul_walkers_fork_prepare(void);
void ul_walkers_fork_parent(void);
void ul_walkers_fork_child(void);

#endif
