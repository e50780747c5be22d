/* SPDX-License-Identifier: MIT */
/*
 * check_records.c - can a record be written, and a replay be read
 *
 * A record is made anew, and a replay may be the first one: nothing here is a
 * problem, but what is meant to be there and is not, or is something else, is
 * noted.
 */
#include "preload/engine/trace_check.h"
#include "tools/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Does the last part of the path have a %p? Then each process has its own. */
static bool is_for_each(const char *path)
{
	return strstr(strrchr(path, '/'), "%p");
}

/* What there is; wrong is NULL where it would do. */
static const char *look(const char *path, struct ul_trace_header *header,
			uint64_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *wrong = NULL;
	struct stat status;

	memset(header, 0, sizeof(*header));
	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &status) || !S_ISREG(status.st_mode))
		wrong = "is not a file";
	else if (pread(fd, header, sizeof(*header), 0) < 0)
		wrong = "cannot be read";
	else
		*size = (uint64_t)status.st_size;
	close(fd);
	return wrong;
}

static void note(struct check_report *report, const char *key,
		 const char *place, const char *wrong, const char *remedy)
{
	char found[4608];

	snprintf(found, sizeof(found), "%s: %.4095s: %s", key, place, wrong);
	check_report_add(report, CHECK_NOTE, key, found,
			 strcmp(key, "record") ? "nothing would be replayed" :
			 "first touches would not be recorded", remedy);
}

static void check_record(struct check_report *report, const char *path)
{
	struct ul_trace_header header;
	char folder[4096], remedy[4608] = "";
	const char *wrong;
	uint64_t size = 0;
	int error;

	snprintf(folder, sizeof(folder), "%.*s",
		 (int)(strrchr(path, '/') - path), path);
	if (access(*folder ? folder : "/", W_OK | X_OK)) {
		error = errno;
		if (error == ENOENT && strstr(folder, "%p"))
			snprintf(remedy, sizeof(remedy), "write %%p in the "
				 "last part of the path alone");
		else if (error == ENOENT)
			snprintf(remedy, sizeof(remedy), "mkdir -p %s",
				 folder);
		note(report, "record", folder, strerror(error), remedy);
		return;
	}
	if (is_for_each(path) || access(path, F_OK))
		return;
	wrong = look(path, &header, &size);
	if (!wrong && size && memcmp(header.magic, UL_TRACE_MAGIC,
				     strlen(UL_TRACE_MAGIC)))
		wrong = "is there and is not a record";
	if (wrong)
		note(report, "record", path, wrong,
		     "name a file that is not there");
}

static void check_replay(struct check_report *report, const char *path)
{
	struct ul_trace_header header;
	char remedy[4608] = "";
	const char *wrong;
	uint64_t size = 0;

	if (is_for_each(path))
		return;
	if (access(path, F_OK) && errno == ENOENT)
		snprintf(remedy, sizeof(remedy),
			 "uffdlazy-run --record %s PROGRAM", path);
	wrong = look(path, &header, &size);
	if (!wrong)
		wrong = ul_trace_check_header(&header, size);
	if (wrong)
		note(report, "replay", path, wrong, remedy);
}

void check_records(struct check_report *report,
		   const struct ul_policy *policy)
{
	/* Paths are absolute: there is a slash in them. */
	if (policy->record)
		check_record(report, policy->record);
	if (policy->replay)
		check_replay(report, policy->replay);
}
