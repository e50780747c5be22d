/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a file's mapping grows into the file's next bytes though the file
 * has got another name, none, or more bytes meanwhile, and though no descriptor
 * can be opened; so it must also where the kernel has mapped the store's file.
 *
 * modes: plain file direct
 */
#include "config.h"

#include <stdio.h>

#include "tests/preload/victim.h"

struct mapped {
	char *private, *shared;
};

static const char *path_of_bytes(void)
{
	return getenv(has_store() ? "VICTIM_STORE_FILE" : "VICTIM_FILE");
}

static struct mapped map_both(void)
{
	struct mapped both = {
		.private = map_file(MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE),
		.shared = map_file(MIB, PROT_READ, MAP_SHARED),
	};

	both.private[PAGE] = 'w';
	return both;
}

static char *grow(char *at, size_t from, size_t to)
{
	at = mremap(at, from, to, MREMAP_MAYMOVE);
	CHECK(at != MAP_FAILED);
	return at;
}

static void check_grows(struct mapped *both)
{
	/* at first into the file alone, then beyond its end, then there */
	static const size_t sizes[] = { MIB, 2 * MIB, 8 * MIB, 12 * MIB };

	for (size_t i = 1; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t from = sizes[i - 1], to = sizes[i];
		size_t has = to < PATTERN_LENGTH ? to : PATTERN_LENGTH;

		both->private = grow(both->private, from, to);
		both->shared = grow(both->shared, from, to);
		CHECK(both->private[PAGE] == 'w');
		CHECK(holds(both->private + 2 * PAGE, file_at, 2 * PAGE,
			    has - 2 * PAGE));
		CHECK(holds(both->shared, file_at, 0, has));
	}
	CHECK_EQ(signal_of_writing(both->private + 4 * MIB), SIGBUS);
	CHECK_EQ(signal_of_reading(both->shared + 11 * MIB), SIGBUS);
}

static void check_no_descriptor(void)
{
	char *file = map_file(MIB, PROT_READ, MAP_PRIVATE);
	pid_t pid = fork();

	if (pid == 0) {
		while (dup(STDERR_FILENO) >= 0)
			;
		file = grow(file, MIB, 2 * MIB);
		CHECK(holds(file, file_at, 0, 2 * MIB));
		_exit(0);
	}
	wait_for(pid);
	munmap(file, MIB);
}

static void append(const char *path)
{
	FILE *file = fopen(path, "ae");

	CHECK(file && fputs("more of it", file) >= 0 && fclose(file) == 0);
}

static void replace(const char *path)
{
	char other[4096];
	FILE *file;

	snprintf(other, sizeof(other), "%s.other", path);
	file = fopen(other, "we");
	CHECK(file && ftruncate(fileno(file), PATTERN_LENGTH) == 0);
	CHECK(fclose(file) == 0 && rename(other, path) == 0);
}

int main(void)
{
	const char *path = path_of_bytes();
	struct mapped longer, renamed, removed;

	check_no_descriptor();
	longer = map_both();
	renamed = map_both();
	removed = map_both();
	append(path);
	check_grows(&longer);
	replace(path);
	check_grows(&renamed);
	CHECK(unlink(path) == 0);
	check_grows(&removed);
	return 0;
}
