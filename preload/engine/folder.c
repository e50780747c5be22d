/* SPDX-License-Identifier: MIT */
/* folder.c - see folder.h */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/folder.h"

int ul_folder_each(int folder, void *room, size_t size,
		   bool (*visit)(int folder, const char *name, void *context),
		   void *context)
{
	long n;

	while ((n = syscall(SYS_getdents64, folder, room, size)) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *entry =
				(const void *)((const char *)room + at);

			if (entry->d_name[0] != '.' &&
			    !visit(folder, entry->d_name, context))
				return 0;
			at += entry->d_reclen;
		}
	}
	return n < 0 ? -errno : 0;
}
