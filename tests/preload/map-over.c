/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a mapping laid over a part of lazy memory has its own bytes, never
 * the store's; what is left on both sides has what it had.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define LENGTH (1 * MIB)
#define AT (64 * PAGE)
#define OVER (32 * PAGE)

typedef char *map_fn(void *at, size_t length, int prot, int flags, int fd,
		     off_t offset);

static char *hooked(void *at, size_t length, int prot, int flags, int fd,
		    off_t offset)
{
	return mmap(at, length, prot, flags, fd, offset);
}

static void check_sides(char *memory)
{
	CHECK(holds(memory, memory_at, 0, AT));
	CHECK(holds(memory + AT + OVER, memory_at, AT + OVER,
		    LENGTH - AT - OVER));
}

/* A child registers again what the books have, so they must have it right. */
static void check_child(map_fn *map)
{
	char *memory = map_anonymous(LENGTH);
	pid_t pid;

	CHECK(map(memory + AT, 2 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	      memory + AT);
	pid = fork();
	if (pid == 0) {
		CHECK(holds(memory + AT, zero_at, 0, 2 * PAGE));
		CHECK(holds(memory, memory_at, 0, AT));
		_exit(0);
	}
	wait_for(pid);
	munmap(memory, LENGTH);
}

/* What must not replace does not, MAP_FIXED or no. */
static void check_refused(map_fn *map, char *memory)
{
	static const int kinds[] = {
		MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE | MAP_POPULATE,
		MAP_PRIVATE | MAP_ANONYMOUS,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
	};
	char *other = raw_mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open_file();

	CHECK(other != MAP_FAILED);
	for (size_t i = 0; i < 4 * sizeof(kinds) / sizeof(*kinds); i++) {
		int flags = kinds[i / 4] | MAP_FIXED_NOREPLACE |
			    (i & 1 ? MAP_FIXED : 0);

		CHECK(map(i & 2 ? memory : other, LENGTH, PROT_READ, flags,
			  flags & MAP_ANONYMOUS ? -1 : fd, 0) == MAP_FAILED);
		CHECK(map == raw_mmap || errno == EEXIST);
		other[PAGE] = (char)i;	/* it can be written still */
	}
	CHECK(holds(other, zero_at, 0, PAGE));
	CHECK(munmap(other, LENGTH) == 0);
	close(fd);
}

int main(void)
{
	static map_fn *const ways[] = { hooked, raw_mmap };
	const int fixed = MAP_PRIVATE | MAP_FIXED;

	for (int way = 0; way < 2; way++) {
		map_fn *map = ways[way];
		char *memory = map_anonymous(LENGTH);
		int fd = open_file();
		char *over;

		check_child(map);
		/* a piece too small to be lazy itself */
		over = map(memory + AT, 2 * PAGE, PROT_READ | PROT_WRITE,
			   fixed | MAP_ANONYMOUS, -1, 0);
		CHECK(over == memory + AT);
		CHECK(holds(over, zero_at, 0, 2 * PAGE));
		CHECK(holds(memory, memory_at, 0, AT));
		CHECK(holds(memory + AT + 2 * PAGE, memory_at, AT + 2 * PAGE,
			    4 * PAGE));
		/* one large enough, which hooks make lazy */
		over = map(memory + AT, OVER, PROT_READ | PROT_WRITE,
			   fixed | MAP_ANONYMOUS, -1, 0);
		CHECK(over == memory + AT);
		CHECK(holds(over, way ? zero_at : memory_at, 0, OVER));
		check_sides(memory);
		/* a file (the real one has the bytes only without a store) */
		if (way == 0 || !has_store()) {
			over = map(memory + AT, OVER, PROT_READ, fixed, fd,
				   5 * PAGE);
			CHECK(over == memory + AT);
			CHECK(holds(over, file_at, 5 * PAGE, OVER));
			check_sides(memory);
		}
		/* no access at all */
		over = map(memory + AT, OVER, PROT_NONE,
			   fixed | MAP_ANONYMOUS, -1, 0);
		CHECK(over == memory + AT);
		CHECK(signal_of_reading(over) == SIGSEGV);
		check_sides(memory);
		check_refused(map, memory);
		check_sides(memory);
		CHECK(munmap(memory, LENGTH) == 0);
		/* into the hole */
		over = map(memory, LENGTH, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			   -1, 0);
		CHECK(over == memory);
		CHECK(holds(over, way ? zero_at : memory_at, 0, LENGTH));
		CHECK(munmap(over, LENGTH) == 0);
		/* populated, over lazy memory that was not touched */
		memory = map_anonymous(LENGTH);
		over = map(memory + AT, OVER, PROT_READ | PROT_WRITE,
			   fixed | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		CHECK(over == memory + AT);
		CHECK(holds(over, way ? zero_at : memory_at, 0, OVER));
		check_sides(memory);
		munmap(memory, LENGTH);
		close(fd);
	}
	return 0;
}
