/* SPDX-License-Identifier: MIT */
/*
 * object.h - the program and its libraries
 *
 * dladdr(3) waits for the loader's lock, which dlopen(3) and dlclose(3) hold
 * while they run constructors and destructors, and those may wait for a thread
 * that maps memory. dl_iterate_phdr(3) has a lock that is held for a moment.
 */
#ifndef UL_OBJECT_H
#define UL_OBJECT_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

struct ul_object {
	uintptr_t start, end;
	const char *path;		/* valid as long as it is loaded; the
					 * program's own is "" */
};

/* The one that has this address in it. Context: a program's thread. False: none
 * has. */
bool ul_object_find(const void *address, struct ul_object *object);

/*
 * dl_iterate_phdr(3) for all of this. The shim sets it to the next in line before
 * the first question: a program's own may not answer before main.
 */
typedef int ul_object_walk_fn(int (*look)(struct dl_phdr_info *info, size_t size,
					  void *context),
			      void *context);
extern ul_object_walk_fn *ul_object_walk;

static inline bool ul_object_holds(const struct ul_object *object,
				   const void *address)
{
	return (uintptr_t)address - object->start <
	       object->end - object->start;
}

#endif
