/* SPDX-License-Identifier: MIT */
/* filler_parts.h - between filler.c and filler_watch.c. */
#ifndef UL_FILLER_PARTS_H
#define UL_FILLER_PARTS_H

#include "preload/engine/filler.h"

extern struct ul_filler *ul_fillers;	/* (b) all of them */

/* It fills nothing any more. Under the baton. */
void ul_filler_set_idle(struct ul_filler *filler);
/* Is this page still what the plan is about? Another may lie there by now, or
 * zeros, for it was given back. Under the baton. */
bool ul_filler_is_meant(const struct ul_plan *plan, uintptr_t page);

#endif
