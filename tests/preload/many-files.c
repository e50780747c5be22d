/* SPDX-License-Identifier: MIT */
/*
 * Rationale: what stands behind a lazy mapping of a file, a mapping of our own,
 * goes when the program's goes, also when it takes very many away at once. So a
 * program that maps and unmaps files for days does not run out of addresses,
 * and can unmount what they lay on. A shared mapping has nothing behind it.
 *
 * modes: plain zero
 */
#include "config.h"

#include <sched.h>

#include "tests/preload/victim.h"

#define LENGTH (64 * KIB)
#define FILES ((size_t)2000)
#define TRIES 20000

/* Of the file, as /proc/self/maps lists them. */
static size_t count_mappings(void)
{
	const char *name = strrchr(getenv("VICTIM_FILE"), '/');
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];
	size_t n = 0;

	CHECK(maps);
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, name) != NULL;
	fclose(maps);
	return n;
}

/* Nothing of it is being loaded, so nothing stays. */
static void come_and_go(int fd, int flags, size_t times)
{
	for (size_t i = 0; i < times; i++) {
		char *memory = mmap(NULL, MIB, PROT_READ, flags, fd, 0);

		CHECK(memory != MAP_FAILED);
		CHECK(count_mappings() > 0);
		CHECK(flags != MAP_SHARED || count_mappings() == 1);
		CHECK(munmap(memory, MIB) == 0);
		CHECK_EQ(count_mappings(), 0);
	}
}

static size_t pages_of_memory(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	CHECK(statm && fscanf(statm, "%zu", &pages) == 1);
	fclose(statm);
	return pages;
}

/* Nor what the books say of it. */
static void leave_nothing(int fd)
{
	size_t before = pages_of_memory();

	for (size_t i = 0; i < FILES; i++) {
		char *memory = mmap(NULL, MIB, PROT_READ, MAP_SHARED, fd, 0);

		CHECK(memory != MAP_FAILED && munmap(memory, MIB) == 0);
	}
	CHECK(pages_of_memory() < before + FILES / 4);
}

static void many_at_once(int fd)
{
	char *room = mmap(NULL, FILES * LENGTH, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(room != MAP_FAILED);
	for (size_t i = 0; i < FILES; i++)
		CHECK(mmap(room + i * LENGTH, LENGTH, PROT_READ,
			   MAP_PRIVATE | MAP_FIXED, fd,
			   (off_t)(i % 8 * LENGTH)) != MAP_FAILED);
	for (size_t i = 0; i < FILES; i += 97)
		CHECK(holds(room + i * LENGTH, file_at, i % 8 * LENGTH, PAGE));
	CHECK(count_mappings() > 0);
	CHECK(munmap(room, FILES * LENGTH) == 0);
	/* They go behind our back. */
	for (size_t i = 0; count_mappings() && i < TRIES; i++)
		sched_yield();
	CHECK_EQ(count_mappings(), 0);
}

int main(void)
{
	int fd = open_file();

	come_and_go(fd, MAP_SHARED, 100);	/* no thread of ours runs */
	leave_nothing(fd);
	come_and_go(fd, MAP_PRIVATE, 100);
	come_and_go(fd, MAP_SHARED, 1);
	many_at_once(fd);
	close(fd);
	return 0;
}
