/* SPDX-License-Identifier: MIT */
/* locked.h - an mremap(2) that moves locked memory, and lets it grow. */
#ifndef UL_LOCKED_H
#define UL_LOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hook's mremap(2) begins, of so many bytes to so many; and has succeeded, up
 * to this address. Context: a hook, inside its passage. ul_locked_grown: may the
 * new pages be populated now? Then ul_locked_populate does it, outside. */
void ul_locked_grows(size_t old_length, size_t length);
bool ul_locked_grown(uintptr_t to);
void ul_locked_populate(uintptr_t start, size_t length);

/*
 * A page is missing, the kernel places none, and it has nothing to tell: if it
 * is the kernel itself that waits for that page, let it go on. Context: one of
 * our threads, under the baton.
 */
void ul_locked_let_go(uintptr_t page);

#endif
