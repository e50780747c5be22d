/* SPDX-License-Identifier: MIT */
/*
 * fill.h - what is missing is filled because another process has asked for it
 *
 * A debugger, a core dump or a checkpoint reads memory in ways that nobody can
 * serve: a missing page is an error there, or a hole. uffdlazy-stat --fill asks
 * through the statistics file (struct ul_stat_fill in stat_abi.h). The keeper
 * waits for its bell beside its own mail; a thread of its own does the filling,
 * so that a slow store does not keep the keeper from what the program asks.
 *
 * The file may be written by any process of this user: what stands in it is
 * compared and never used as an index, a size or an address.
 */
#ifndef UL_FILL_H
#define UL_FILL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/engine/fault.h"

/* Look whether anyone has asked, and see to it that a thread begins with it.
 * Returns the bell that whoever asks will ring. Context: the keeper. */
struct ul_futex_word ul_fill_listen(void);
/* It cannot be waited for beside the mail: nobody may ask. Context: the keeper. */
void ul_fill_refuse(void);
/* Fill for whoever asks, for ever. Context: a thread of its own. */
void ul_fill_serve(struct ul_filler *filler);
/* In a fork's child: nobody has asked. */
void ul_fill_forget(void);

#endif
