/* SPDX-License-Identifier: MIT */
/*
 * stat_alive.c - is the process that wrote this still there, and which is it
 *
 * A process states its number in its own pid namespace, and which one that is.
 * In another it is looked for among all that can be seen from here, where it
 * has another number: those of a namespace within ours have one, others do not.
 */
#include "config.h"

#include "tools/stat.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The pid namespace of a process, or 0. */
static uint64_t namespace_of(const char *process)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", process);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Field 22 of /proc/PID/stat, or 0. */
static uint64_t start_ticks_of(const char *process)
{
	char path[64], line[1024];
	unsigned long long ticks = 0;
	const char *at;
	FILE *file;
	size_t got;
	int field;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", process);
	file = fopen(path, "re");
	if (!file)
		return 0;
	got = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[got] = '\0';

	/* Field 2, the name in parentheses, may hold anything; the state,
	 * field 3, follows the last parenthesis. */
	at = strrchr(line, ')');
	for (field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at && sscanf(at, "%llu", &ticks) == 1 ? ticks : 0;
}

/* The number that a process has in its own namespace: the last of its NSpid;
 * 0: not known. */
static unsigned long own_number_of(const char *process)
{
	char path[64], line[512];
	unsigned long number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/status", process);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		number = strtoul(strrchr(line, '\t') + 1, NULL, 10);
		break;
	}
	if (file)
		fclose(file);
	return number;
}

bool ul_stat_is_elsewhere(const struct ul_stat_header *header)
{
	uint64_t ours = namespace_of("self");

	return header->pid_namespace && ours && header->pid_namespace != ours;
}

/* Is what /proc tells of numbered as it is for us? Not where it was mounted for
 * another namespace. */
static bool is_proc_ours(void)
{
	char self[32];
	ssize_t length = readlink("/proc/self", self, sizeof(self) - 1);

	self[length > 0 ? length : 0] = '\0';
	return strtol(self, NULL, 10) == (long)getpid();
}

/* Is there a thread of that name in the process? */
static bool has_thread(const char *process, const char *name)
{
	char path[64], text[32];
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%.20s/task", process);
	folder = opendir(path);
	while (folder && !found && (entry = readdir(folder))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%.20s/task/%.20s/comm",
			 process, entry->d_name);
		file = fopen(path, "re");
		found = file && fgets(text, sizeof(text), file) &&
			strcspn(text, "\n") == strlen(name) &&
			strncmp(text, name, strlen(name)) == 0;
		if (file)
			fclose(file);
	}
	if (folder)
		closedir(folder);
	return found;
}

/* A process keeps its number, and when it began, over execve(2). Looked at twice,
 * for where a thread ends meanwhile the list may lack another. */
static bool is_another_program(const struct ul_stat_header *header,
			       const char *process)
{
	return header->has_keeper == 1 &&
	       !has_thread(process, UL_STAT_KEEPER) &&
	       !has_thread(process, UL_STAT_KEEPER);
}

bool ul_stat_is_it(const struct ul_stat_header *header, pid_t number)
{
	char process[16];

	snprintf(process, sizeof(process), "%d", (int)number);
	return number && header->end_ns == 0 && header->start_ticks &&
	       start_ticks_of(process) == header->start_ticks &&
	       !is_another_program(header, process);
}

static pid_t search(const struct ul_stat_header *header)
{
	struct dirent *entry;
	DIR *folder = opendir("/proc");
	pid_t found = 0;

	while (folder && !found && (entry = readdir(folder))) {
		const char *name = entry->d_name;
		uint64_t its;

		if (*name < '1' || *name > '9' ||
		    !ul_stat_is_it(header, (pid_t)strtol(name, NULL, 10)) ||
		    own_number_of(name) != header->pid)
			continue;
		/* Of another user's it may not be told. */
		its = namespace_of(name);
		if (!its || its == header->pid_namespace)
			found = (pid_t)strtol(name, NULL, 10);
	}
	if (folder)
		closedir(folder);
	return found;
}

pid_t ul_stat_number(const struct ul_stat_header *header)
{
	if (header->pid_namespace &&
	    (ul_stat_is_elsewhere(header) || !is_proc_ours()))
		return header->end_ns ? 0 : search(header);
	return ul_stat_is_it(header, (pid_t)header->pid) ?
		       (pid_t)header->pid :
		       0;
}
