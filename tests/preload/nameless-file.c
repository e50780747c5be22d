/* SPDX-License-Identifier: MIT */
/*
 * Rationale: where /proc is not there nobody can tell a mapped file's name. A rule
 * that goes by it passes the file over, and that is said: the program sees the
 * file's own bytes.
 *
 * modes: plain file blob
 * says: mount /proc
 */
#include "config.h"

#include "tests/preload/victim.h"

int main(void)
{
	char *memory = map_anonymous(MIB);
	bool own = has_store();
	int fd = open_file();

	if (geteuid() != 0)
		SKIP("user: needs root, for chroot(2)");
	CHECK(chroot(getenv("VICTIM_FOLDER")) == 0 && chdir("/") == 0);
	for (int i = 0; i < 2; i++) {
		char *file = mmap(NULL, MIB, PROT_READ, MAP_PRIVATE, fd, 0);

		CHECK(file != MAP_FAILED);
		CHECK(holds(file, own ? zero_at : file_at, 0, MIB));
	}
	CHECK(holds(memory, memory_at, 0, MIB));
	return 0;
}
