/* SPDX-License-Identifier: MIT */
/*
 * maps.h - what /proc says: maps of our regions, stat, and fd
 *
 * Of the calling thread's folder there: /proc/self is the first thread's, and has
 * nothing in it any more once that has ended by pthread_exit(3).
 *
 * Slow, and for what the books cannot know. Context, where nothing else is
 * said: a fork's child's keeper, before there are readers.
 */
#ifndef UL_MAPS_H
#define UL_MAPS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ul_mapping {
	uintptr_t start, end;
	int prot;			/* PROT_* */
	bool shared;
	uint64_t device, inode;		/* as they are written; inode 0: none */
};

/*
 * What of [start, end) is mapped, in order, cut to the range; room pieces at
 * the most. Returns how many, or -errno. Context: a hook. Allocates: no.
 */
int ul_maps_list(uintptr_t start, uintptr_t end, struct ul_mapping *list,
		 int room);

/* The mapping that holds this page; false: none, or there is no /proc. Context:
 * any. Allocates: no. */
bool ul_maps_find(uintptr_t page, struct ul_mapping *mapping);

/* Call for each mapping that regions lie in, with its PROT_*. Returns 0 or
 * -errno: there is no /proc, or no descriptor for it. */
int ul_maps_each(void (*call)(uintptr_t start, uintptr_t end, int prot,
			      void *context),
		 void *context);
/* Call for each piece of a region where nothing is mapped. */
void ul_maps_gaps(void (*call)(uintptr_t start, uintptr_t end, void *context),
		  void *context);
/* The nth field of a file like /proc/PID/stat, by its path from an open folder
 * (or AT_FDCWD); n is at least 3. 0: there is none. Context: any. */
uint64_t ul_proc_field(int folder, const char *path, int n);

#define UL_PROC_LINK 32

/* "/proc/thread-self/fd/N"; and the path that it leads to, "" when it cannot be
 * told. Context: any. */
void ul_proc_link(int fd, char link[UL_PROC_LINK]);
void ul_proc_path(int fd, char path[PATH_MAX]);

#endif
