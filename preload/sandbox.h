/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - a program that gives up system calls
 *
 * A filter that a thread puts on itself is on the hooks that it calls, too, and
 * on the threads and children that it makes. Where it leaves them what they need,
 * nothing changes. Where it is our threads alone that could not live, none are
 * started any more. Where it is the hooks, the process is confined from then on:
 * no hook makes a system call of its own. New memory stays plain; what is lazy
 * already is served, by our threads, which the filter is not on.
 */
#ifndef UL_SANDBOX_H
#define UL_SANDBOX_H

#include "preload/hook.h"

struct sock_fprog;

/*
 * The program asks for a filter, or for strict mode: what will the process be if
 * the kernel grants it? That is said while there still is a way to. Context: a
 * hook, outside the guard.
 */
enum ul_sandbox ul_sandbox_expect(const struct sock_fprog *filter);
enum ul_sandbox ul_sandbox_expect_strict(void);
/* The same by prctl(PR_SET_SECCOMP), whose further arguments these are. */
enum ul_sandbox ul_sandbox_expect_prctl(const long arguments[2]);
/* It has. No system call is made. */
void ul_sandbox_begin(enum ul_sandbox what);
/* This process came into the world under a filter: does it leave the engine what
 * that needs? Context: the constructor. */
bool ul_sandbox_lets_engine_live(void);
/* It does not: say so by a child, which it may kill. Context: as above. */
void ul_sandbox_say(const char *line);

#endif
