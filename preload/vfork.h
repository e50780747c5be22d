/* SPDX-License-Identifier: MIT */
/*
 * vfork.h - CLONE_VFORK without CLONE_VM
 *
 * A fork whose parent goes on when the child has ended or executed a program.
 * The kernel would let it wait with the engine's locks taken, while the child
 * may be waiting for another thread, and that one for a page. So the flag is
 * left out, and the wait is ours, once the locks are dropped.
 *
 * Context: a hook, the same one, in this order.
 */
#ifndef UL_VFORK_H
#define UL_VFORK_H

#include <stdbool.h>

struct ul_vfork {
	struct ul_vfork_page *page;	/* NULL: nothing to wait for */
	bool shares_table;		/* of descriptors, with the child */
};

/* After ul_fork_prepare. True: leave CLONE_VFORK out of flags. */
bool ul_vfork_begin(struct ul_vfork *vfork, unsigned long flags);
/* In the child, first of all. */
void ul_vfork_child(const struct ul_vfork *vfork);
/* After ul_fork_parent. May block. pid: what clone has answered. errno stays. */
void ul_vfork_wait(const struct ul_vfork *vfork, long pid);

#endif
