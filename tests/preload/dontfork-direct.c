/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a fork's child does not have what MADV_DONTFORK keeps from it.
 * Where all that is ours is mapped by the kernel, no thread of ours begins in
 * the child; what it maps into the gap is its own memory all the same.
 *
 * modes: plain file direct
 */
#include "config.h"

#include "tests/preload/victim.h"
#include "tests/preload/mremap.h"

/* Memory of the child's, in the gap: it grows by zeros, and goes back to them. */
static void use_gap(char *gap)
{
	char *page = mmap(gap, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			  0);
	char *grown;

	CHECK(page == gap);
	*page = 'p';
	CHECK(mmap(gap + PAGE, PAGE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		   0) == gap + PAGE);
	grown = mremap(page, PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(grown != MAP_FAILED && grown != page);
	CHECK(*grown == 'p');
	CHECK(holds(grown + PAGE, zero_at, 0, 7 * PAGE));
	grown[5 * PAGE] = 'q';
	CHECK(madvise(grown, 8 * PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(grown, zero_at, 0, 8 * PAGE));
}

int main(void)
{
	char *kept = map_file(MIB, PROT_READ, MAP_PRIVATE);
	char *whole = map_file(MIB, PROT_READ, MAP_PRIVATE);
	char *other = map_file(MIB, PROT_READ, MAP_PRIVATE);
	pid_t pid;

	CHECK(madvise(kept + 16 * PAGE, 16 * PAGE, MADV_DONTFORK) == 0);
	CHECK(madvise(whole, MIB, MADV_DONTFORK) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(signal_of_reading(kept + 16 * PAGE) == SIGSEGV);
		use_gap(kept + 16 * PAGE);
		use_gap(whole + 16 * PAGE);
		CHECK(holds(kept, file_at, 0, 16 * PAGE));
		CHECK(holds(kept + 32 * PAGE, file_at, 32 * PAGE, 32 * PAGE));
		CHECK(holds(other, file_at, 0, MIB));
		_exit(0);
	}
	wait_for(pid);
	CHECK(holds(kept, file_at, 0, MIB));
	CHECK(holds(whole, file_at, 0, MIB));
	return 0;
}
