/* SPDX-License-Identifier: MIT */
/* handler_parts.h - between handler.c, crew.c, queue.c, readers.c and mailbox.c. */
#ifndef UL_HANDLER_PARTS_H
#define UL_HANDLER_PARTS_H

#include "preload/engine/fault.h"
#include "preload/engine/lock.h"

#define UL_READERS_MAX 64

/* crew.c: our threads but for the keeper. Context of ul_crew_init: the engine's
 * start, or a fork's child, where ul_crew_forget comes before. */
void ul_crew_init(void);
void ul_crew_forget(void);
/* How many there will be, and where. Context: who starts the keeper. */
void ul_crew_plan(void);
/* Make them. Context: the keeper's start. 0 or -errno. */
int ul_crew_start(void);
/* There is work for workers, and none sleeps: there should be some. Context: one
 * of our threads. */
void ul_crew_want_workers(void);
/* There is none, and there should be. Context: the same. */
bool ul_crew_is_small(void);
/* Have them made, while this thread of the program's waits for a page that the
 * caller has to bring. Context: a reader, not under the baton. */
void ul_crew_grow_beside(uint32_t thread);
/* Make them, if somebody has asked. Context: the keeper, not under the baton. */
void ul_crew_grow(void);
/* The calling thread, one of ours, is called so. */
void ul_crew_join(const char *name);
/* The calling thread may run on all of the process's CPUs. */
void ul_crew_roam(void);
/* One that never ends was made: libc shall not count it. */
void ul_crew_uncount(void);
/* What our threads log by. Context: the keeper, which has no descriptors yet. */
void ul_crew_find_log(void);

/* queue.c: the fault that has waited longest. Under the baton. */
struct ul_message ul_queue_pop(uint64_t *arrived_ns);
/* In a fork's child: nothing was read. */
void ul_queue_forget(void);

/* readers.c: make what wakes a reader. Context: the keeper's start. 0 or
 * -errno. */
int ul_readers_open(void);
/* Serve faults for ever. Context: a reader. */
void ul_readers_serve(struct ul_filler *filler);
/* Serve what waits now. Under the baton, which is let go of meanwhile. */
void ul_readers_work(struct ul_filler *filler);
/* Faults were read that this thread does not come to before it has loaded
 * something: another reader shall. Under the baton. */
void ul_readers_kick(void);
/* Has the same reader served all faults lately? Under the baton. */
bool ul_readers_one_serves(void);
/* In a fork's child: there is none. */
void ul_readers_forget(void);

/* worker.c: something should be filled ahead; said under the baton, and done
 * by ul_worker_wake, which is for when the demand has been served. */
void ul_worker_want(void);
void ul_worker_wake(void);
/* Fill ahead for ever. Context: a worker. */
void ul_worker_serve(struct ul_filler *filler);
/* In a fork's child: nothing is wanted. */
void ul_worker_forget(void);

/* sentry.c: from now on this thread's death is the process's. Context: one of
 * ours that will never end. */
void ul_sentry_watch(void);
/* Since Linux 5.16. */
bool ul_sentry_is_possible(void);
/* Wait for that, for ever. Context: the sentry. */
void ul_sentry_serve(void);
/* In a fork's child: nobody is watched. */
void ul_sentry_forget(void);

/* orphan.c: which thread is the program's first. Context: it, or a fork's
 * child's. */
void ul_orphan_init(void);
/* Context, here and below: the keeper; here: its start. */
void ul_orphan_open(void);
/* What says that it has ended. False: nothing does, or it has. */
bool ul_orphan_word(struct ul_futex_word *wanted);
/* End the process if the first thread has ended, and but for ours, of which
 * there are so many, no other is left. Returns when to look again, in ns; 0:
 * when the word says so. */
uint64_t ul_orphan_look(unsigned int ours);
/* How many there are. */
unsigned int ul_handler_threads(void);

/* All readers are stuck in loads: one more. Context: the keeper. */
void ul_handler_add_reader(void);

/* Answer requests for ever. Context: the keeper. */
void ul_mailbox_serve(void);
/* In a fork's child: nobody has asked. */
void ul_mailbox_forget(void);

/* One thread more, for ul_fill_serve. Context: the keeper. 0 or -errno. */
int ul_handler_add_filler(void);

#endif
