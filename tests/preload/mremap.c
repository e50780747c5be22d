/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a mapping that moves, grows or shrinks keeps its missing pages'
 * bytes; without the kernel's event they read as zeros at the new place. What
 * MREMAP_DONTUNMAP leaves behind is zeros, or the file again.
 *
 * modes: plain zero file blob direct
 */
#include "config.h"

#include <sys/syscall.h>

#include "tests/preload/mremap.h"

static char *remap(char *old, size_t old_length, size_t length, int flags,
		   char *to)
{
	return mremap(old, old_length, length, flags, to);
}

/* by libc's syscall(2), which hooks can see */
static char *remap_by_number(char *old, size_t old_length, size_t length,
			     int flags, char *to)
{
	return (char *)syscall(SYS_mremap, old, old_length, length, flags, to);
}

int main(void)
{
	check_moves(remap);
	check_grows(remap);
	check_shrinks(remap);
	check_left_behind(remap);
	check_file(remap);
	check_moves(remap_by_number);
	check_left_behind(remap_by_number);
	return 0;
}
