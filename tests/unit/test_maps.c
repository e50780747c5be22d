/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what is mapped is asked of the calling thread's folder in /proc, and
 * of the process's where that is refused. A file of it with nothing in it, as a
 * thread's that has ended is, means that nobody knows, not that nothing is there.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/maps.h"
#include "preload/engine/region.h"
#include "tests/unit/check.h"

static const char *instead;		/* of the thread's; NULL: it is refused */
static bool of_process;			/* that was asked, too */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	if (!strcmp(path, "/proc/self/maps"))
		of_process = true;
	if (strcmp(path, "/proc/thread-self/maps") != 0)
		return __real_open(path, flags);
	if (instead)
		return __real_open(instead, flags);
	errno = EACCES;
	return -1;
}

int main(void)
{
	struct ul_mapping mapping, list[2];
	uintptr_t at;

	ul_page_size = (size_t)sysconf(_SC_PAGESIZE);
	at = (uintptr_t)mmap(NULL, ul_page_size, PROT_READ,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(at != (uintptr_t)MAP_FAILED);

	instead = "/proc/thread-self/maps";
	CHECK(ul_maps_find(at, &mapping));
	CHECK(mapping.start <= at && at < mapping.end);
	CHECK(!of_process);

	instead = NULL;
	CHECK(ul_maps_find(at, &mapping));
	CHECK(of_process);

	instead = "/dev/null";
	CHECK(!ul_maps_find(at, &mapping));
	CHECK_EQ(ul_maps_list(at, at + ul_page_size, list, 2), -ESRCH);
	return 0;
}
