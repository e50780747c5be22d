/* SPDX-License-Identifier: MIT */
/* trace_path.c - which file a record is written to; see trace.h. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/engine/engine.h"
#include "preload/engine/log.h"
#include "preload/engine/trace.h"

static char pattern[PATH_MAX];		/* constant after init; "": none */

void ul_trace_path(char *to, const char *variable, const char *policy)
{
	const char *wanted = variable ? variable : policy ? policy : "";
	size_t folder = 0;
	int error = 0;

	to[0] = '\0';
	if (!*wanted)
		return;
	if (*wanted != '/') {
		if (getcwd(to, PATH_MAX))
			folder = strlen(to);
		else
			error = -errno;
	}
	/* ".new" must fit, too, and the number. */
	if (!error && folder + strlen(wanted) + 32 > PATH_MAX)
		error = -ENAMETOOLONG;
	if (error) {
		ul_log(UL_LOG_WARNING, "record and replay: the path %s: %e",
		       wanted, error);
		to[0] = '\0';
		return;
	}
	if (folder)
		to[folder++] = '/';
	strcpy(to + folder, wanted);
}

static char *put_number(char *to, unsigned int number)
{
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memcpy(to, digits + at, sizeof(digits) - at);
	return to + (sizeof(digits) - at);
}

bool ul_trace_expand(char *to, const char *from)
{
	const char *name = strrchr(from, '/');
	char *end = to + PATH_MAX - 32;

	for (; *from; from++) {
		if (to >= end)
			return false;
		if (name && from > name && from[0] == '%' && from[1] == 'p') {
			to = put_number(to, (unsigned int)getpid());
			from++;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return true;
}

const char *ul_trace_pattern(void)
{
	return pattern;
}

bool ul_trace_is_for_each_process(void)
{
	const char *name = strrchr(pattern, '/');

	return name && strstr(name, "%p");
}

void ul_trace_init(void)
{
	ul_trace_path(pattern, secure_getenv("UFFDLAZY_RECORD"),
		      ul_policy->record);
}
