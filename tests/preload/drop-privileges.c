/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a daemon starts as root, becomes another user, and forks. The
 * child may have a lesser right to a userfaultfd, or none any more; its memory
 * must hold the right bytes nevertheless.
 *
 * says: fork: no lazy memory in the child
 */
#include "config.h"

#include <grp.h>

#include "tests/preload/forbid.h"
#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)
#define GROUPS 65536

static void run(bool forbidden)
{
	char *memory = map_anonymous(LENGTH);
	char *fenced = mmap(NULL, LENGTH, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *file = map_file(LENGTH, PROT_READ, MAP_PRIVATE);
	char *ends = map_file(PATTERN_LENGTH + 64 * PAGE, PROT_READ,
			      MAP_PRIVATE);
	char *block = allocate(LENGTH), *other = allocate(LENGTH);
	char *late;
	pid_t pid;

	CHECK(holds(memory + 9 * PAGE, memory_at, 9 * PAGE, PAGE));
	memory[9 * PAGE] = 'w';
	CHECK(madvise(memory + 20 * PAGE, PAGE, MADV_DONTNEED) == 0);
	/* Each thread reads the list, ours too; it may have no groups in it. */
	CHECK(setgroups(GROUPS, (void *)map_anonymous(LENGTH)) == 0 ||
	      errno == EINVAL);
	CHECK(setgroups(0, NULL) == 0);
	CHECK(setresgid(65534, 65534, 65534) == 0);
	CHECK(setresuid(65534, 65534, 65534) == 0);
	CHECK(holds(memory + 64 * PAGE, memory_at, 64 * PAGE, PAGE));
	late = map_anonymous(LENGTH);
	CHECK(holds(late, memory_at, 0, PAGE));
	if (forbidden)
		forbid();
	pid = fork();
	if (pid == 0) {
		CHECK(memory[9 * PAGE] == 'w');
		memory[9 * PAGE] = (char)memory_at(9 * PAGE);
		CHECK(holds(memory, memory_at, 0, 20 * PAGE));
		CHECK(holds(memory + 20 * PAGE, zero_at, 0, PAGE));
		CHECK(holds(memory + 21 * PAGE, memory_at, 21 * PAGE,
			    LENGTH - 21 * PAGE));
		CHECK(holds(fenced, memory_at, 0, LENGTH));
		CHECK(holds(late, memory_at, 0, LENGTH));
		CHECK(holds(file, file_at, 0, LENGTH));
		CHECK(holds(ends, file_at, 0, PATTERN_LENGTH));
		CHECK(signal_of_reading(ends + PATTERN_LENGTH + 8 * PAGE) ==
		      SIGBUS);
		if (has_store())
			CHECK(holds(block, memory_at, 0, LENGTH));
		memset(block, 'b', LENGTH);
		block = launder(realloc(block, 2 * LENGTH));
		CHECK(block[0] == 'b' && block[LENGTH - 1] == 'b');
		free(block);
		free(other);
		/* a grandchild has what was written since */
		memset(late, 'l', LENGTH);
		pid = fork();
		if (pid == 0) {
			CHECK(late[0] == 'l' && late[LENGTH - 1] == 'l');
			_exit(0);
		}
		wait_for(pid);
		/* what comes now, lazy or not */
		late = map_anonymous(LENGTH);
		CHECK(holds(late, memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(holds(late, memory_at, 0, LENGTH));
}

int main(void)
{
	char *memory;

	if (geteuid() != 0)
		SKIP("not root, who alone can become somebody else");
	for (int forbidden = 0; forbidden < 2; forbidden++) {
		pid_t pid = fork();

		if (pid == 0) {
			run(forbidden);
			_exit(0);
		}
		wait_for(pid);
	}
	memory = map_anonymous(LENGTH);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	return 0;
}
