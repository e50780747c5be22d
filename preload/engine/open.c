/* SPDX-License-Identifier: MIT */
/*
 * open.c - how the engine's libraries open files
 *
 * They find this open(2) first, as they do zone.c's mmap(2). libunwind opens
 * objects, and /proc/PID/maps, without O_CLOEXEC: a program that another thread
 * starts meanwhile would have them. And PID's is empty once the first thread has
 * ended.
 */
#include "config.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/types.h>

#define EXPORT __attribute__((visibility("default")))

/* libunwind's is /proc/PID/maps, and nobody here opens another process's. */
static const char *ours(const char *path)
{
	const char *at = path + 6;

	if (strncmp(path, "/proc/", 6) != 0)
		return path;
	at += strspn(at, "0123456789");
	return strcmp(at, "/maps") == 0 ? "/proc/thread-self/maps" : path;
}

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return openat(AT_FDCWD, ours(path), flags | O_CLOEXEC, mode);
}

#ifdef __LP64__
EXPORT int open64(const char *path, int flags, ...)
	__attribute__((alias("open")));
#endif
