/* SPDX-License-Identifier: MIT */
/*
 * objects.c - what libunwind learns of the program's objects
 *
 * It finds this dl_iterate_phdr(3) first, as it does zone.c's mmap(2), and asks it
 * whenever a frame's code is new to it. An object whose table could have it read
 * memory that is not there is passed over: then it goes by the frame pointer, as
 * for code without a table, and looks whether what it reads is there.
 */
#include "config.h"

#include <string.h>

#include "preload/engine/callsite.h"
#include "preload/engine/engine.h"
#include "preload/engine/unwind_table.h"

typedef int look_fn(struct dl_phdr_info *object, size_t size, void *context);

struct search {
	look_fn *look;
	void *context;
	uintptr_t pc;
};

static int look_unless_it_reads(struct dl_phdr_info *object, size_t size,
				void *context)
{
	const struct search *search = context;

	return ul_unwind_table_reads(object, search->pc) ?
		       0 : search->look(object, size, search->context);
}

__attribute__((visibility("default")))
int dl_iterate_phdr(look_fn *look, void *context)
{
	struct search search = { look, context, 0 };

	if (!ul_callsite_is_unwinder((const void *)look))
		return ul_shim->walk_objects(look, context);
	/* In all its versions this comes first in the context of a search: an
	 * address in the frame's code. */
	memcpy(&search.pc, context, sizeof(search.pc));
	return ul_shim->walk_objects(look_unless_it_reads, &search);
}
