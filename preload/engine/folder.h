/* SPDX-License-Identifier: MIT */
/* folder.h - the names in a folder, without readdir(3), which allocates. */
#ifndef UL_FOLDER_H
#define UL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Call for each name that does not begin with a dot, until it says false. folder:
 * an open one, read from where it stands. room: size bytes to read into, aligned
 * to 8. Returns 0, or -errno where the kernel does not say all. Context: any.
 */
int ul_folder_each(int folder, void *room, size_t size,
		   bool (*visit)(int folder, const char *name, void *context),
		   void *context);

#endif
