/* SPDX-License-Identifier: MIT */
/*
 * log.h - what we say on the program's standard error
 *
 * Lines are made without libc's stdio, malloc or locale, so that any thread of
 * ours may speak. Our own threads have no standard error (their descriptor
 * table is private and empty, handler.h): they fetch the program's for the
 * length of one write. What names and texts have of controls is shown as \xHH: a
 * line is one line, and steers no terminal. One is dropped, and counted, rather
 * than waited for: when descriptor 2 is no longer what it was at the start, when
 * a pipe is full, or has no reader any more, when the program has closed it.
 */
#ifndef UL_LOG_H
#define UL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ul_level { UL_LOG_ERROR, UL_LOG_WARNING, UL_LOG_INFO, UL_LOG_DEBUG };

/* Read UFFDLAZY_LOG and remember what descriptor 2 is. */
void ul_log_init(void);
/* There will be something to say when the program may have closed descriptor 2.
 * Context: the engine's start. */
void ul_log_keep_stderr(void);
/* Not for a fork's child: who waits for the end of that would wait for a daemon. */
void ul_log_forked(void);
bool ul_log_wants(enum ul_level level);
/* Our own threads call this once, with a pidfd of this process. */
void ul_log_own_thread(int pidfd);

/* One line, "uffdlazy: " and a newline added. Formats: %s, %u (unsigned int),
 * %l (uint64_t, decimal), %x (uint64_t, hexadecimal with 0x), %e (int, a
 * negative errno, in words), %%. */
void ul_log(enum ul_level level, const char *format, ...);

#endif
