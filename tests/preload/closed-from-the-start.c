/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program is started without 0, 1 and 2, and opens its files there.
 * They are its own, and nothing of ours is on them, nor on the next; and
 * nothing of what there would be to say goes there.
 */
#include "config.h"

#include <sys/stat.h>

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

static int check(void)
{
	char path[4096], text[8] = "";
	char *memory;
	struct stat st;

	snprintf(path, sizeof(path), "%s/low", getenv("VICTIM_FOLDER"));
	for (int i = 0; i < 3; i++)
		if (open(path, O_RDWR | O_CREAT, 0600) != i)
			return 10 + i;
	if (write(2, "mine", 4) != 4)
		return 2;
	memory = map_anonymous(LENGTH);
	for (size_t at = 0; at < LENGTH; at += PAGE)
		if ((unsigned char)memory[at] != memory_at(at))
			return 3;
	if (pread(0, text, 4, 0) != 4 || memcmp(text, "mine", 4) != 0)
		return 4;
	if (open(path, O_RDONLY) != 3)
		return 5;
	return fstat(2, &st) == 0 && st.st_size == 4 ? 0 : 6;
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc > 1)
		return check();
	pid = fork();
	if (pid == 0) {
		setenv("UFFDLAZY_LOG", "debug", 1);
		closefrom(0);
		execl("/proc/self/exe", argv[0], "again", (char *)NULL);
		_exit(127);
	}
	wait_for(pid);
	free(allocate(LENGTH));
	return 0;
}
