/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a child does not have what MADV_DONTFORK keeps from it, and has
 * zeros where MADV_WIPEONFORK says so, also on pages that were missing.
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (1 * MIB)

int main(void)
{
	char *kept = map_anonymous(LENGTH);
	char *wiped = map_anonymous(LENGTH);
	char *other = map_anonymous(LENGTH);
	pid_t pid;

	CHECK(madvise(kept + 16 * PAGE, 16 * PAGE, MADV_DONTFORK) == 0);
	CHECK(madvise(wiped + 16 * PAGE, 112 * PAGE, MADV_WIPEONFORK) == 0);
	CHECK(madvise(wiped + 128 * PAGE, 16 * PAGE, MADV_WIPEONFORK) == 0);
	CHECK(madvise(wiped + 128 * PAGE, 16 * PAGE, MADV_KEEPONFORK) == 0);
	CHECK(holds(wiped + 16 * PAGE, memory_at, 16 * PAGE, 4 * PAGE));
	wiped[17 * PAGE] = 'w';
	pid = fork();
	if (pid == 0) {
		CHECK(signal_of_reading(kept + 16 * PAGE) == SIGSEGV);
		CHECK(signal_of_reading(kept + 31 * PAGE) == SIGSEGV);
		CHECK(holds(kept, memory_at, 0, 16 * PAGE));
		CHECK(holds(kept + 32 * PAGE, memory_at, 32 * PAGE, 32 * PAGE));
		CHECK(holds(wiped, memory_at, 0, 16 * PAGE));
		/* some were touched, most were not */
		CHECK(holds(wiped + 16 * PAGE, zero_at, 0, 112 * PAGE));
		CHECK(holds(wiped + 128 * PAGE, memory_at, 128 * PAGE,
			    128 * PAGE));
		CHECK(holds(other, memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(wiped[17 * PAGE] == 'w');
	CHECK(holds(kept, memory_at, 0, LENGTH));
	CHECK(madvise(kept, LENGTH, MADV_DONTFORK) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(signal_of_reading(kept) == SIGSEGV);
		CHECK(holds(other, memory_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(holds(other, memory_at, 0, LENGTH));
	return 0;
}
