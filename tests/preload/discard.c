/* SPDX-License-Identifier: MIT */
/*
 * Rationale: pages that the program gives back by madvise are zeros afterwards
 * in anonymous memory, whatever the store says, and the file's bytes again in
 * a private mapping of a file.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <malloc.h>

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#define LENGTH (1 * MIB)

typedef int advise_fn(void *at, size_t length, int advice);
static advise_fn by_hook;

static char *make_mapping(void)
{
	return map_anonymous(LENGTH);
}

static char *make_block(void)
{
	/* A block whose bytes are known wherever it comes from. */
	char *block = launder(memalign(PAGE, LENGTH));

	if (!has_store())
		memset(block, 0, LENGTH);
	return block;
}

/* Pages 16 to 31 were touched, 32 to 47 not; both are given back. */
static void check_dontneed(char *memory, advise_fn *advise)
{
	CHECK(holds(memory + 16 * PAGE, memory_at, 16 * PAGE, 16 * PAGE));
	memset(memory + 20 * PAGE, 'w', PAGE);
	CHECK(advise(memory + 16 * PAGE, 32 * PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(memory + 16 * PAGE, zero_at, 0, 32 * PAGE));
	CHECK(holds(memory, memory_at, 0, 16 * PAGE));
	CHECK(holds(memory + 48 * PAGE, memory_at, 48 * PAGE, 16 * PAGE));
	memset(memory + 20 * PAGE, 'w', PAGE);
	CHECK(memory[21 * PAGE - 1] == 'w');
	CHECK(advise(memory + 16 * PAGE, 32 * PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(memory + 16 * PAGE, zero_at, 0, 32 * PAGE));
}

/* Freed lazily: the old bytes or zeros; then what is written stays. */
static void check_free(char *memory, advise_fn *advise)
{
	memset(memory, 'f', 8 * PAGE);
	CHECK(advise(memory, 16 * PAGE, MADV_FREE) == 0);
	for (size_t i = 0; i < 8; i++)
		CHECK(memory[i * PAGE] == 'f' || memory[i * PAGE] == 0);
	for (size_t i = 8; i < 16; i++)
		CHECK((unsigned char)memory[i * PAGE] == memory_at(i * PAGE) ||
		      memory[i * PAGE] == 0);
	memset(memory, 'g', PAGE);
	CHECK(memory[PAGE - 1] == 'g');
}

static void check_guards(char *memory, advise_fn *advise)
{
	if (advise(memory, PAGE, MADV_GUARD_INSTALL) != 0)
		return;		/* Linux before 6.13 */
	CHECK(advise(memory, 4 * PAGE, MADV_GUARD_INSTALL) == 0);
	CHECK(signal_of_reading(memory + PAGE) == SIGSEGV);
	CHECK(holds(memory + 4 * PAGE, memory_at, 4 * PAGE, 4 * PAGE));
	CHECK(advise(memory, 4 * PAGE, MADV_GUARD_REMOVE) == 0);
	CHECK(holds(memory, zero_at, 0, 4 * PAGE));
}

static void check_hints(char *memory, advise_fn *advise)
{
	static const int hints[] = { MADV_SEQUENTIAL, MADV_RANDOM,
				     MADV_NORMAL, MADV_WILLNEED, MADV_COLD,
				     MADV_PAGEOUT, MADV_HUGEPAGE,
				     MADV_NOHUGEPAGE, MADV_DONTDUMP };

	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		CHECK(advise(memory + i * 8 * PAGE, 8 * PAGE, hints[i]) == 0 ||
		      errno == EINVAL);
		CHECK(holds(memory + i * 8 * PAGE, memory_at, i * 8 * PAGE,
			    8 * PAGE));
	}
	CHECK(posix_madvise(memory, LENGTH, POSIX_MADV_DONTNEED) == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
}

static void check_populate(char *memory, advise_fn *advise)
{
	if (advise(memory, 16 * PAGE, MADV_POPULATE_READ) == 0)
		CHECK(advise(memory + 16 * PAGE, 16 * PAGE,
			     MADV_POPULATE_WRITE) == 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
}

/* A file cannot be punched through a private mapping. */
static void check_remove(char *memory, advise_fn *advise)
{
	CHECK(advise(memory, 16 * PAGE, MADV_REMOVE) != 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
}

static void check_file(advise_fn *advise)
{
	char *file = map_file(PATTERN_LENGTH, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE);

	file[16 * PAGE] = 'w';
	CHECK(holds(file + 17 * PAGE, file_at, 17 * PAGE, PAGE));
	CHECK(advise(file, 64 * PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(file, file_at, 0, PATTERN_LENGTH));
	file[16 * PAGE] = 'w';
	if (advise(file + 16 * PAGE, 2 * PAGE, MADV_GUARD_INSTALL) == 0) {
		CHECK(signal_of_reading(file + 16 * PAGE) == SIGSEGV);
		CHECK(advise(file + 16 * PAGE, 2 * PAGE, MADV_GUARD_REMOVE) ==
		      0);
		CHECK(holds(file, file_at, 0, 64 * PAGE));
	}
	/* A neighbour that is filled leaves them alone. */
	CHECK(advise(file, 64 * PAGE, MADV_DONTNEED) == 0);
	if (advise == by_hook &&
	    advise(file + 16 * PAGE, 2 * PAGE, MADV_GUARD_INSTALL) == 0) {
		CHECK(holds(file + 18 * PAGE, file_at, 18 * PAGE, 40 * PAGE));
		CHECK(holds(file, file_at, 0, 16 * PAGE));
		CHECK(signal_of_reading(file + 16 * PAGE) == SIGSEGV);
		CHECK(signal_of_reading(file + 17 * PAGE) == SIGSEGV);
		CHECK(advise(file + 16 * PAGE, 2 * PAGE, MADV_GUARD_REMOVE) ==
		      0);
		CHECK(holds(file, file_at, 0, 64 * PAGE));
	}
	munmap(file, PATTERN_LENGTH);
}

/* Pages [from, to) are guards, or holes; and are that still when the next two
 * have come. */
static void check_still(const char *file, size_t from, size_t to)
{
	CHECK(holds(file + to * PAGE, file_at, to * PAGE, 2 * PAGE));
	for (size_t i = from; i < to; i++)
		CHECK(signal_of_reading(file + i * PAGE) == SIGSEGV);
}

/* Guards stay guards when they are given back, in a fork's child, and when only
 * a part of them could be made. */
static void check_lasting_guards(advise_fn *give_back)
{
	char *file = map_file(PATTERN_LENGTH, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE);
	pid_t pid;

	if (madvise(file + 16 * PAGE, 2 * PAGE, MADV_GUARD_INSTALL) != 0)
		return;		/* of a file, Linux before 6.15 */
	CHECK(give_back(file, 64 * PAGE, MADV_DONTNEED) == 0);
	pid = fork();
	if (pid == 0) {
		check_still(file, 16, 18);
		_exit(0);
	}
	wait_for(pid);
	check_still(file, 16, 18);
	CHECK(munmap(file + 39 * PAGE, PAGE) == 0);
	CHECK(madvise(file + 36 * PAGE, 6 * PAGE, MADV_GUARD_INSTALL) == -1);
	CHECK_EQ(errno, ENOMEM);
	check_still(file, 36, 42);
	CHECK(mlock(file + 70 * PAGE, PAGE) == 0);
	CHECK(madvise(file + 65 * PAGE, 9 * PAGE, MADV_GUARD_INSTALL) == -1);
	CHECK_EQ(errno, EINVAL);
	check_still(file, 65, 70);
	CHECK(munlock(file + 70 * PAGE, PAGE) == 0);
	CHECK(madvise(file, 128 * PAGE, MADV_GUARD_REMOVE) == -1);
	CHECK_EQ(errno, ENOMEM);
	CHECK(holds(file, file_at, 0, 39 * PAGE));
	CHECK(holds(file + 40 * PAGE, file_at, 40 * PAGE, 88 * PAGE));
	munmap(file, PATTERN_LENGTH);
}

static int by_hook(void *at, size_t length, int advice)
{
	return madvise(at, length, advice);
}

int main(void)
{
	static void (*const checks[])(char *, advise_fn *) = {
		check_dontneed, check_free, check_guards,
		check_hints, check_populate, check_remove,
	};
	static advise_fn *const ways[] = { by_hook, raw_madvise };
	const char *store = getenv("VICTIM_STORE");
	bool is_direct = store && strcmp(store, "direct") == 0;

	for (size_t way = 0; way < 2; way++) {
		for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
			char *memory = make_mapping();
			char *block = make_block();

			/* No event tells of guards that bypass the hooks, nor
			 * of anything that is direct. */
			if (way == 1 &&
			    (checks[i] == check_guards || is_direct))
				continue;
			checks[i](memory, ways[way]);
			checks[i](block, ways[way]);
			munmap(memory, LENGTH);
			free(block);
		}
		check_file(ways[way]);
		check_lasting_guards(ways[way]);
	}
	return 0;
}
