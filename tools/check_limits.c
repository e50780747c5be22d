/* SPDX-License-Identifier: MIT */
/*
 * check_limits.c - limits and places that lazy memory needs
 */
#include "config.h"

#include "preload/engine/stat_abi.h"
#include "tools/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

long check_proc_number(const char *path, long fallback)
{
	FILE *file = fopen(path, "re");
	long number;

	if (!file)
		return fallback;
	if (fscanf(file, "%ld", &number) != 1)
		number = fallback;
	fclose(file);
	return number;
}

static void check_rlimit(struct check_report *report, int resource,
			 const char *topic, rlim_t least, const char *good,
			 const char *meaning, const char *remedy)
{
	struct rlimit limit;
	char found[64];

	if (getrlimit(resource, &limit))
		return;
	if (limit.rlim_cur == RLIM_INFINITY)
		snprintf(found, sizeof(found), "unlimited");
	else
		snprintf(found, sizeof(found), "%llu",
			 (unsigned long long)limit.rlim_cur);
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= least)
		check_report_add(report, CHECK_OK, topic, found, good, "");
	else
		check_report_add(report, CHECK_NOTE, topic, found, meaning,
				 remedy);
}

static void check_maps(struct check_report *report)
{
	long maps = check_proc_number("/proc/sys/vm/max_map_count", 65530);
	char found[64];

	snprintf(found, sizeof(found), "vm.max_map_count is %ld", maps);
	if (maps >= 65530)
		check_report_add(report, CHECK_OK, "mappings", found,
			"mappings that one process may have, lazy ones among "
			"them", "");
	else
		check_report_add(report, CHECK_NOTE, "mappings", found,
			"when a program has no mapping left, its memory "
			"stays plain", "sysctl vm.max_map_count=65530");
}

static void check_overcommit(struct check_report *report)
{
	if (check_proc_number("/proc/sys/vm/overcommit_memory", 0) != 2) {
		check_report_add(report, CHECK_OK, "overcommit",
			"the kernel allows it",
			"only what is touched takes memory", "");
		return;
	}
	check_report_add(report, CHECK_NOTE, "overcommit",
		"vm.overcommit_memory is 2",
		"lazy memory counts in full from the start, though little of "
		"it is used", "sysctl vm.overcommit_memory=0");
}

/* Our folder there: a process publishes only where it is its user's own. */
static const char *wrong_folder(const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		return errno == ENOENT ? NULL : strerror(errno);
	if (!S_ISDIR(status.st_mode))
		return "is no folder";
	if (status.st_uid != geteuid())
		return "belongs to another user";
	return status.st_mode & 077 ? "is open to others: chmod 700" : NULL;
}

static void check_stats_place(struct check_report *report)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	const char *folder = runtime && *runtime == '/' &&
			     !access(runtime, W_OK) ? runtime : "/dev/shm";
	const char *wrong;
	char found[512], path[512];

	snprintf(path, sizeof(path), "%.400s/" UL_STAT_FOLDER, folder,
		 geteuid());
	wrong = wrong_folder(path);
	if (wrong) {
		snprintf(found, sizeof(found), "%.420s: %s", path, wrong);
		check_report_add(report, CHECK_NOTE, "statistics", found,
			"uffdlazy-stat will see nothing of this user's "
			"processes", "set XDG_RUNTIME_DIR to a folder of yours");
		return;
	}
	if (!access(folder, W_OK | X_OK)) {
		snprintf(found, sizeof(found), "%s can be written", folder);
		check_report_add(report, CHECK_OK, "statistics", found,
			"that is where uffdlazy-stat finds the processes", "");
		return;
	}
	snprintf(found, sizeof(found), "%s: %s", folder, strerror(errno));
	check_report_add(report, CHECK_NOTE, "statistics", found,
		"uffdlazy-stat will see nothing of this user's processes",
		"set XDG_RUNTIME_DIR to a folder of yours");
}

void check_limits(struct check_report *report)
{
	check_rlimit(report, RLIMIT_AS, "address space", (rlim_t)8 << 30,
		"lazy memory counts from the start, touched or not",
		"memory that does not fit stays plain or is refused, lazy or "
		"not", "ulimit -v unlimited");
	check_rlimit(report, RLIMIT_NPROC, "processes", 256,
		"the threads that fill count here",
		"where no thread can be made for filling, memory is filled "
		"at once", "ulimit -u 4096");
	check_rlimit(report, RLIMIT_NOFILE, "open files", 64,
		"stores are opened for a moment, and need one descriptor",
		"stores are opened for a moment, and need one descriptor",
		"ulimit -n 1024");
	check_maps(report);
	check_overcommit(report);
	check_stats_place(report);
}
