/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - a program that gives up system calls
 *
 * A filter that a thread puts on itself is on the hooks that it calls, too. Where
 * it leaves them what they need, nothing changes. Where it does not, the process
 * is confined from then on: no hook makes a system call of its own. New memory
 * stays plain; what is lazy already is served, by our threads, which the filter
 * is not on.
 */
#ifndef UL_SANDBOX_H
#define UL_SANDBOX_H

#include "preload/hook.h"

struct sock_fprog;

/*
 * The program is about to install a filter, or strict mode (NULL). A child tries
 * it, for no filter can be asked; where that fails, the process is confined, and
 * that is said while there still is a way to. Context: a hook, outside the guard.
 */
void ul_sandbox_expect(const struct sock_fprog *filter);
/* This process came into the world under a filter: does it leave the engine what
 * that needs? Context: the constructor. */
bool ul_sandbox_lets_engine_live(void);

#endif
