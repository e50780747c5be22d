/* SPDX-License-Identifier: MIT */
/*
 * direct.h - regions that the kernel fills: "direct" in a policy
 *
 * The store's file is mapped over the range, and no fault comes to us. What an
 * ordinary region gets from faults and events has to be seen to by the hooks:
 *
 *   - past the store's end lies anonymous memory (zeros), or for a mapped file
 *     a mapping that is all end (SIGBUS);
 *   - pages of anonymous memory that the program gives back are laid over with
 *     anonymous memory, for the kernel would show the file again;
 *   - anonymous memory that grows does so by anonymous memory;
 *   - no event tells when such a region is unmapped or moved: the hooks strike
 *     it out and carry it along.
 *
 * So it is several mappings to the kernel, where the program made one; what of
 * it still shows the file is asked of /proc/self/maps (ul_maps_list). A raw
 * system call passes all of this by, and the manual says so.
 *
 * Context of all: a hook. A fork's child has everything by the kernel's doing.
 */
#ifndef UL_DIRECT_H
#define UL_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/engine/engine.h"
#include "preload/engine/region.h"

/* Once, before the first call. Returns 0 or -ENOMEM. */
int ul_direct_init(void);
/* Has there ever been one? Cheap. */
bool ul_direct_exists(void);
/* There is one from now on. */
void ul_direct_begin(void);

/*
 * Map the store of spec over [at, at + length), fresh anonymous memory of
 * spec->prot, and enter it into the books. Inside a passage. flags: MAP_PRIVATE
 * or MAP_SHARED, perhaps with MAP_NORESERVE; MAP_FIXED: over whatever lies
 * there, which was announced. Returns 0; or -errno, then fresh memory is as it
 * was, and other memory as it was or the store's; the reason was said (once for
 * each rule).
 */
int ul_direct_place(const struct ul_region_spec *spec, void *at, size_t length,
		    int flags);

/* What the call asks for, of the kernel, and in the books as a region that is
 * plain. Returns 1, or -errno. */
int ul_direct_show(const struct ul_mmap_call *call,
		   const struct ul_region_spec *spec, void **address);

/* [start, end) is unmapped, or something else lies there: strike out what is
 * direct. Inside the passage. */
void ul_direct_forget(uintptr_t start, uintptr_t end);

/*
 * The program gives [start, end) back by this advice of madvise(2): make zeros
 * of what still shows a store's file in anonymous memory. Inside the passage;
 * the call itself is still to be made. Returns 0, or -errno for the caller.
 */
int ul_direct_discard(uintptr_t start, uintptr_t end, int advice);

/* mremap(2) of a range in a direct region. 1: done; 0: no direct region, or a
 * call that the kernel will refuse; or -errno. Takes the passage. */
int ul_direct_mremap(void *address, size_t old_length, size_t new_length,
		     int flags, void *target, void **moved);

#endif
