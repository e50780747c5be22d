/* SPDX-License-Identifier: MIT */
/*
 * run_program.c - which file is the program, and can a preload reach it?
 *
 * The answers only feed a warning: execvp(3) has the last word on what runs.
 */
#include "config.h"

#include "tools/run.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The kernel reads this much of a script's first line. */
#define SCRIPT_HEAD 256

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool ul_run_find(const char *name, char *path, size_t path_size)
{
	const char *folders = getenv("PATH");
	char candidate[PATH_MAX];
	const char *end;
	bool found = false;
	int length;

	if (strchr(name, '/')) {
		length = snprintf(path, path_size, "%s", name);
		return (size_t)length < path_size && is_file(path);
	}
	if (!folders)
		folders = "/bin:/usr/bin";
	for (;; folders = end + 1) {
		end = strchrnul(folders, ':');
		/* An empty entry of PATH is the folder we are in. */
		length = snprintf(candidate, sizeof(candidate), "%.*s%s%s",
				  (int)(end - folders), folders,
				  end == folders ? "./" : "/", name);
		if ((size_t)length < sizeof(candidate) &&
		    (size_t)length < path_size && is_file(candidate)) {
			bool executable = access(candidate, X_OK) == 0;

			if (executable || !found)
				memcpy(path, candidate, (size_t)length + 1);
			found = true;
			if (executable)
				break;
		}
		if (*end == '\0')
			break;
	}
	return found;
}

/* Will the kernel set AT_SECURE, so that the loader drops LD_PRELOAD? Only a
 * change of identity counts: root may start a root-owned setuid program. */
static const char *privilege_obstacle(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return NULL;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return "is a setuid program";
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) &&
	    st.st_gid != getgid())
		return "is a setgid program";
	if (getuid() != 0 &&
	    fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}

const char ul_run_musl[] = "is linked with musl, not with the GNU C library";

/* Read the name of the dynamic linker, of which one header speaks. */
static const char *interp_obstacle(int fd, const Elf64_Phdr *interp)
{
	char name[PATH_MAX];
	ssize_t got;
	size_t want = interp->p_filesz;

	if (want >= sizeof(name))
		want = sizeof(name) - 1;
	got = pread(fd, name, want, (off_t)interp->p_offset);
	if (got <= 0)
		return NULL;
	name[got] = '\0';
	if (strstr(name, "ld-musl"))
		return ul_run_musl;
	return NULL;
}

static const char *elf_obstacle(int fd, const char *path)
{
	const char *base = strrchr(path, '/');
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	unsigned int i;

	if (pread(fd, &header, sizeof(header), 0) < EI_NIDENT)
		return NULL;
	if (header.e_ident[EI_CLASS] == ELFCLASS32)
		return "is a 32-bit program";
	if (header.e_phentsize != sizeof(segment))
		return NULL;
	for (i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(segment));

		if (pread(fd, &segment, sizeof(segment), at) !=
		    (ssize_t)sizeof(segment))
			return NULL;
		if (segment.p_type == PT_INTERP)
			return interp_obstacle(fd, &segment);
	}
	/* The dynamic linker itself, called as a program, reads LD_PRELOAD. */
	base = base ? base + 1 : path;
	if (strncmp(base, "ld-", 3) == 0 || strncmp(base, "ld.so", 5) == 0)
		return NULL;
	return "is linked statically";
}

static const char *file_obstacle(const char *path, char head[SCRIPT_HEAD + 1],
				 bool *script)
{
	const char *obstacle = NULL;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*script = false;
	if (fd < 0)
		return NULL;
	got = pread(fd, head, SCRIPT_HEAD, 0);
	head[got > 0 ? got : 0] = '\0';
	if (got > 2 && memcmp(head, "#!", 2) == 0) {
		/* The kernel ignores a script's own setuid bit. */
		*script = true;
	} else if (got > SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
		obstacle = privilege_obstacle(fd);
		if (!obstacle)
			obstacle = elf_obstacle(fd, path);
	}
	close(fd);
	return obstacle;
}

bool ul_run_is_elf(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char magic[SELFMAG];
	bool is;

	is = fd >= 0 && pread(fd, magic, SELFMAG, 0) == SELFMAG &&
	     memcmp(magic, ELFMAG, SELFMAG) == 0;
	if (fd >= 0)
		close(fd);
	return is;
}

const char *ul_run_obstacle(const char *path, char *interpreter,
			    size_t interpreter_size)
{
	char head[SCRIPT_HEAD + 1];
	const char *obstacle;
	const char *name;
	size_t length;
	bool script;

	interpreter[0] = '\0';
	obstacle = file_obstacle(path, head, &script);
	if (!script)
		return obstacle;

	name = head + 2 + strspn(head + 2, " \t");
	length = strcspn(name, " \t\n");
	if (length == 0 || length >= interpreter_size)
		return NULL;
	memcpy(interpreter, name, length);
	interpreter[length] = '\0';
	return file_obstacle(interpreter, head, &script);
}
