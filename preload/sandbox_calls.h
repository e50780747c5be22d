/* SPDX-License-Identifier: MIT */
/*
 * sandbox_calls.h - the system calls that a filter is asked about
 *
 * With arguments that do nothing: a trial makes them all.
 */
#ifndef UL_SANDBOX_CALLS_H
#define UL_SANDBOX_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "preload/hook.h"

#define UL_SIGNALS 8L			/* bytes of the kernel's set */

/* Whose calls they are, and must they be granted? The rest may be refused, but
 * must not kill. */
enum { UL_HOOKS, UL_FILLING, UL_THREADS, UL_NEEDS, UL_MUST = 4 };

struct ul_sandbox_call {
	unsigned int number, who;
	long a[6];
};
extern const struct ul_sandbox_call ul_sandbox_calls[] UL_HIDDEN;
extern const size_t ul_sandbox_n_calls UL_HIDDEN;

#define UL_CALL(name, ...) (UL_REAL(syscall)(SYS_##name, __VA_ARGS__))

#endif
