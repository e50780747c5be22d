/* SPDX-License-Identifier: MIT */
/* maps.c - see maps.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/maps.h"
#include "preload/engine/region.h"
#include "preload/engine/scratch.h"

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

/* The digits behind blanks, and on. Not strtoul(3): what a digit is it asks of
 * the locale, which the program may just be changing. */
static uint64_t read_number(const char **at, unsigned int base)
{
	uint64_t number = 0;

	while (**at == ' ')
		++*at;
	for (;; ++*at) {
		unsigned int c = (unsigned char)**at, digit = base;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		if (digit >= base)
			return number;
		number = number * base + digit;
	}
}

/* "55d0-55d1 rw-p ..." -> bounds; false for the lines in between. */
static bool read_bounds(const char *line, uintptr_t *start, uintptr_t *end)
{
	const char *at = line;

	*start = read_number(&at, 16);
	if (at == line || *at != '-')
		return false;
	line = ++at;
	*end = read_number(&at, 16);
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
	const char *at = flags + 5;

	mapping->prot = read_prot(flags);
	mapping->shared = flags[4] == 's';
	read_number(&at, 16);
	mapping->device = read_number(&at, 16) << 32;
	if (*at == ':') {
		at++;
		mapping->device |= read_number(&at, 16);
	}
	mapping->inode = read_number(&at, 10);
}

/* Each mapping's line and its bounds, until it says no. */
struct walk {
	bool (*visit)(const char *line, uintptr_t start, uintptr_t end,
		      void *context);
	void *context;
	int error;
};

static void read_maps(void *argument)
{
	struct walk *walk = argument;
	struct text text = { .fd = open("/proc/thread-self/maps",
					O_RDONLY | O_CLOEXEC) };
	uintptr_t start, end;
	char line[256];

	/* A profile of AppArmor's may name the process's alone. */
	if (text.fd < 0)
		text.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (text.fd < 0) {
		walk->error = -errno;
		return;
	}
	walk->error = -ESRCH;		/* nobody lives without a mapping */
	while (read_line(&text, line, sizeof(line))) {
		walk->error = 0;
		if (read_bounds(line, &start, &end) &&
		    !walk->visit(line, start, end, walk->context))
			break;
	}
	close(text.fd);
}

static int walk_maps(bool (*visit)(const char *line, uintptr_t start,
				   uintptr_t end, void *context),
		     void *context)
{
	struct walk walk = { visit, context, 0 };

	ul_scratch_call(read_maps, &walk);
	return walk.error;
}

struct listing {
	uintptr_t start, end;
	struct ul_mapping *list;
	int room, n;
};

static bool list_one(const char *line, uintptr_t start, uintptr_t end,
		     void *context)
{
	struct listing *listing = context;
	struct ul_mapping *now = &listing->list[listing->n];
	const char *flags = strchr(line, ' ');

	if (!flags || strlen(flags) < 6 || end <= listing->start)
		return true;
	if (start >= listing->end)
		return false;
	read_rest(flags, now);
	now->start = start > listing->start ? start : listing->start;
	now->end = end < listing->end ? end : listing->end;
	return ++listing->n < listing->room;
}

int ul_maps_list(uintptr_t start, uintptr_t end, struct ul_mapping *list,
		 int room)
{
	struct listing listing = { start, end, list, room, 0 };
	int error = walk_maps(list_one, &listing);

	return error ? error : listing.n;
}

struct search {
	uintptr_t page;
	struct ul_mapping *mapping;
	bool found;
};

static bool is_there(const char *line, uintptr_t start, uintptr_t end,
		     void *context)
{
	const char *flags = strchr(line, ' ');
	struct search *search = context;

	if (!flags || strlen(flags) < 6 || end <= search->page)
		return true;
	if (start <= search->page) {
		read_rest(flags, search->mapping);
		search->mapping->start = start;
		search->mapping->end = end;
		search->found = true;
	}
	return false;
}

bool ul_maps_find(uintptr_t page, struct ul_mapping *mapping)
{
	struct search search = { page, mapping, false };

	return walk_maps(is_there, &search) == 0 && search.found;
}

struct each {
	void (*call)(uintptr_t start, uintptr_t end, int prot, void *context);
	void *context;
};

static bool call_for_one(const char *line, uintptr_t start, uintptr_t end,
			 void *context)
{
	const struct each *each = context;
	const char *flags = strchr(line, ' ');
	struct ul_sighting seen;

	if (flags && strlen(flags) >= 4 && ul_registry_look(start, end, &seen))
		each->call(start, end, read_prot(flags), each->context);
	return true;
}

int ul_maps_each(void (*call)(uintptr_t start, uintptr_t end, int prot,
			      void *context),
		 void *context)
{
	struct each each = { call, context };

	return walk_maps(call_for_one, &each);
}

struct gaps {
	void (*call)(uintptr_t start, uintptr_t end, void *context);
	void *context;
	uintptr_t last;
};

static bool call_for_gap(const char *line, uintptr_t start, uintptr_t end,
			 void *context)
{
	struct gaps *gaps = context;
	struct ul_sighting seen;

	(void)line;
	if (gaps->last < start && ul_registry_look(gaps->last, start, &seen))
		gaps->call(gaps->last, start, gaps->context);
	gaps->last = end;
	return true;
}

void ul_maps_gaps(void (*call)(uintptr_t start, uintptr_t end, void *context),
		  void *context)
{
	struct gaps gaps = { call, context, 0 };

	walk_maps(call_for_gap, &gaps);
}

/* Counted from behind the command's name, which may hold anything. */
uint64_t ul_proc_field(int folder, const char *path, int n)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	char text[1024];
	const char *at;
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
	return at ? read_number(&at, 10) : 0;
}

void ul_proc_link(int fd, char link[UL_PROC_LINK])
{
	static const char folder[] = "/proc/thread-self/fd/";
	char *at = link + sizeof(folder) - 1;
	char digits[12];
	int n = 0;

	memcpy(link, folder, sizeof(folder));
	do
		digits[n++] = (char)('0' + fd % 10);
	while (fd /= 10);
	while (n)
		*at++ = digits[--n];
	*at = '\0';
}

void ul_proc_path(int fd, char path[PATH_MAX])
{
	char link[UL_PROC_LINK];
	ssize_t length;

	ul_proc_link(fd, link);
	length = readlink(link, path, PATH_MAX - 1);
	path[length > 0 ? length : 0] = '\0';
}
