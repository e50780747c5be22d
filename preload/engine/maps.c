/* SPDX-License-Identifier: MIT */
/* maps.c - see maps.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/maps.h"
#include "preload/engine/region.h"

typedef void range_fn(uintptr_t start, uintptr_t end, void *context);

struct text {
	int fd;
	char buffer[8192];
	size_t at, have;
};

/* One line, cut to size; false at the end. */
static bool read_line(struct text *text, char *line, size_t size)
{
	size_t used = 0;

	for (;;) {
		if (text->at == text->have) {
			ssize_t n = read(text->fd, text->buffer,
					 sizeof(text->buffer));

			if (n <= 0)
				return false;
			text->at = 0;
			text->have = (size_t)n;
		}
		if (text->buffer[text->at] == '\n') {
			text->at++;
			line[used] = '\0';
			return true;
		}
		if (used + 1 < size)
			line[used++] = text->buffer[text->at];
		text->at++;
	}
}

/* "55d0-55d1 rw-p ..." -> bounds; false for the lines in between. */
static bool read_bounds(const char *line, uintptr_t *start, uintptr_t *end)
{
	char *at;

	*start = strtoul(line, &at, 16);
	if (at == line || *at != '-')
		return false;
	line = at + 1;
	*end = strtoul(line, &at, 16);
	return at != line && *at == ' ';
}

/* " rw-p" -> PROT_* */
static int read_prot(const char *flags)
{
	return (flags[1] == 'r' ? PROT_READ : 0) |
	       (flags[2] == 'w' ? PROT_WRITE : 0) |
	       (flags[3] == 'x' ? PROT_EXEC : 0);
}

/* "... rw-p OFFSET MAJOR:MINOR INODE ..." behind the bounds. */
static void read_rest(const char *flags, struct ul_mapping *mapping)
{
	char *at;

	mapping->prot = read_prot(flags);
	mapping->shared = flags[4] == 's';
	strtoul(flags + 5, &at, 16);
	mapping->device = strtoul(at, &at, 16) << 32;
	if (*at == ':')
		mapping->device |= strtoul(at + 1, &at, 16);
	mapping->inode = strtoul(at, NULL, 10);
}

int ul_maps_list(uintptr_t start, uintptr_t end, struct ul_mapping *list,
		 int room)
{
	struct text text = { .fd = open("/proc/self/maps",
					O_RDONLY | O_CLOEXEC) };
	char line[256];
	int n = 0;

	if (text.fd < 0)
		return -errno;
	while (n < room && read_line(&text, line, sizeof(line))) {
		struct ul_mapping *now = &list[n];
		const char *flags = strchr(line, ' ');

		if (!read_bounds(line, &now->start, &now->end) || !flags ||
		    strlen(flags) < 6 || now->end <= start)
			continue;
		if (now->start >= end)
			break;
		read_rest(flags, now);
		if (now->start < start)
			now->start = start;
		if (now->end > end)
			now->end = end;
		n++;
	}
	close(text.fd);
	return n;
}

int ul_maps_each(void (*call)(uintptr_t start, uintptr_t end, int prot,
			      void *context),
		 void *context)
{
	struct text text = { .fd = open("/proc/self/maps",
					O_RDONLY | O_CLOEXEC) };
	struct ul_sighting seen;
	uintptr_t start, end;
	char line[256];

	if (text.fd < 0)
		return -errno;
	while (read_line(&text, line, sizeof(line))) {
		const char *flags = strchr(line, ' ');

		if (!read_bounds(line, &start, &end) || !flags ||
		    strlen(flags) < 4 || !ul_registry_look(start, end, &seen))
			continue;
		call(start, end, read_prot(flags), context);
	}
	close(text.fd);
	return 0;
}

void ul_maps_gaps(range_fn *call, void *context)
{
	struct text text = { .fd = open("/proc/self/maps",
					O_RDONLY | O_CLOEXEC) };
	struct ul_sighting seen;
	uintptr_t start, end, last = 0;
	char line[256];

	if (text.fd < 0)
		return;
	while (read_line(&text, line, sizeof(line))) {
		if (!read_bounds(line, &start, &end))
			continue;
		if (last < start && ul_registry_look(last, start, &seen))
			call(last, start, context);
		last = end;
	}
	close(text.fd);
}

/* Counted from behind the command's name, which may hold anything. */
uint64_t ul_proc_field(int folder, const char *path, int n)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	char text[1024];
	char *at;
	ssize_t length;

	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < n; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}
