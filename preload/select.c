/* SPDX-License-Identifier: MIT */
/*
 * select.c - is this program meant at all?
 *
 * Every child of a preloaded shell loads this library, so the answer must cost
 * microseconds: no JSON library, no allocation. The reader below finds one key
 * of the outermost object, "programs", and matches its globs. Whatever it does
 * not understand counts as "yes"; then the engine is loaded, which reads the
 * policy properly and complains where there is cause. Patterns are the
 * policy's own (policy/glob.c, which needs nothing).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/glob.h"
#include "policy/most.h"
#include "preload/engine_load.h"

struct reader {
	const char *at;
	const char *end;
};

static char peek(struct reader *r)
{
	while (r->at < r->end && *r->at && strchr(" \t\r\n", *r->at))
		r->at++;
	return r->at < r->end ? *r->at : '\0';
}

/* Read a string into text. False at anything unusual: an escape, what is not
 * ASCII or not allowed in JSON, one too long. A longer or stranger string is
 * still skipped whole by skip_value. */
static bool read_string(struct reader *r, char *text, size_t size)
{
	size_t used = 0;

	if (peek(r) != '"')
		return false;
	for (r->at++; r->at < r->end && *r->at != '"'; r->at++) {
		if (*r->at == '\\' || used + 1 >= size || *r->at < ' ' ||
		    *r->at > '~')
			return false;
		text[used++] = *r->at;
	}
	text[used] = '\0';
	return r->at < r->end && r->at++;
}

/* Skip one value, nested or not, by counting brackets outside strings. */
static bool skip_value(struct reader *r)
{
	int depth = 0;

	for (peek(r); r->at < r->end; r->at++) {
		if (*r->at == '"') {
			for (r->at++; r->at < r->end && *r->at != '"'; r->at++)
				if (*r->at == '\\')
					r->at++;
		} else if (*r->at == '{' || *r->at == '[') {
			depth++;
		} else if (*r->at == '}' || *r->at == ']') {
			if (depth-- == 0)
				return true;
		} else if (*r->at == ',' && depth == 0) {
			return true;
		}
	}
	return false;
}

/* A mistake in a glob is the engine's to say, in whatever program: with "/bin/ls"
 * alone there would be none that is meant. */
static bool matches(struct reader *r, const char *program)
{
	char glob[256];

	return !read_string(r, glob, sizeof(glob)) || ul_glob_mistake(glob) ||
	       strchr(glob, '/') || ul_glob_name(glob, program);
}

/* The glob that follows, or an array of them; an empty one means every program. */
static bool matches_any(struct reader *r, const char *program)
{
	bool empty = true;

	if (peek(r) == '"')
		return matches(r, program);
	if (peek(r) != '[')
		return true;
	for (r->at++; peek(r) != ']'; empty = false) {
		if (matches(r, program))
			return true;
		if (peek(r) == ',')
			r->at++;
		else if (peek(r) != ']')
			return true;
	}
	return empty;
}

bool ul_select_in(const char *text, size_t length, const char *program)
{
	struct reader r = { text, text + length };
	char key[32];

	if (peek(&r) != '{')
		return true;
	for (r.at++; peek(&r) == '"';) {
		bool known = read_string(&r, key, sizeof(key));

		if (!known || peek(&r) != ':')
			return true;
		r.at++;
		if (!strcmp(key, "programs"))
			return matches_any(&r, program);
		if (!skip_value(&r))
			return true;
		if (peek(&r) == ',')
			r.at++;
	}
	return true;
}

/* A longer policy file is read through a mapping. One that is too long is the
 * engine's to refuse: every program would read all of it. */
static bool select_in_file(int fd, const char *program)
{
	char buffer[4096];
	struct stat st;
	bool meant = true;
	void *text;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > (off_t)UL_POLICY_MOST)
		return true;
	if (st.st_size <= (off_t)sizeof(buffer)) {
		ssize_t length = read(fd, buffer, sizeof(buffer));

		if (length > 0)
			meant = ul_select_in(buffer, (size_t)length, program);
	} else {
		size_t length = (size_t)st.st_size;

		text = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
		if (text != MAP_FAILED) {
			meant = ul_select_in(text, length, program);
			munmap(text, length);
		}
	}
	return meant;
}

/* The places of uffdlazy-policy(5), in its order. -1: there is none. */
static int open_policy(const char *named)
{
	const char *folder = secure_getenv("XDG_CONFIG_HOME");
	const char *middle = "";
	static const char name[] = "/uffdlazy/policy.json";
	char path[4096];
	int fd;

	if (named)
		return open(named, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (!folder || *folder != '/') {
		folder = secure_getenv("HOME");
		middle = "/.config";
	}
	if (folder && strlen(folder) + sizeof(name) + 16 < sizeof(path)) {
		strcpy(path, folder);
		strcat(path, middle);
		strcat(path, name);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	return open("/etc/uffdlazy/policy.json",
		    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool ul_select_program(const char *program)
{
	const char *named = secure_getenv("UFFDLAZY_POLICY");
	bool meant = true;
	int fd;

	if (named && !*named)
		named = NULL;
	if (named && named[strspn(named, " \t\r\n")] == '{')
		return ul_select_in(named, strlen(named), program);
	fd = open_policy(named);
	if (fd >= 0) {
		meant = select_in_file(fd, program);
		close(fd);
	}
	return meant;
}
