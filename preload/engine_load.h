/* SPDX-License-Identifier: MIT */
/* engine_load.h - the library's start, and its part in fork. */
#ifndef UL_ENGINE_LOAD_H
#define UL_ENGINE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

/* libc's own __libc_single_threaded, not a copy in the program; NULL: before 2.32
 * it had none. Constant once there is an engine. */
extern char *ul_libc_is_single __attribute__((visibility("hidden")));

/* Register our fork handlers unless it has been done. Context: any hook. */
void ul_register_fork_handlers(void);

void ul_fork_prepare(void);
void ul_fork_parent(void);
void ul_fork_child(void);
/* The same in a child that was not made by fork(3). */
void ul_fork_child_alone(void);
/* Between prepare and parent: are the engine's locks taken? */
bool ul_fork_is_locked(void);

/*
 * Is this program meant by the policy's "programs"? Reads just that key, and
 * answers true for everything it does not understand: the engine reads the
 * policy again, whole, and has the last word. Context: constructor.
 * Allocates: no.
 */
bool ul_select_program(const char *program);
/* The same for a policy's text; for the tests. */
bool ul_select_in(const char *text, size_t length, const char *program);

#endif
