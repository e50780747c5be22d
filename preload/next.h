/* SPDX-License-Identifier: MIT */
/*
 * next.h - many symbols at once, of the objects that come after this one
 *
 * As dlsym(RTLD_NEXT, name) for each, but quicker: every process that is started
 * below a preloaded one pays for it. What is out of the ordinary is left to
 * dlsym: an object without DT_GNU_HASH, a function that the
 * loader resolves (STT_GNU_IFUNC), a name that is not there.
 */
#ifndef UL_NEXT_H
#define UL_NEXT_H

#include <stddef.h>

/*
 * texts: count names, each ended by a zero byte. found: their addresses; NULL:
 * there is none. Context: as dlsym(3), which may allocate.
 */
void ul_next_find(const char *texts, size_t count, void **found);

/* One of them. What an object has that the program was started with is found
 * without a lock or memory: in any context, then. */
void *ul_next_find_one(const char *text);

#endif
