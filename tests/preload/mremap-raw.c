/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a system call that passes the hooks by changes a mapping, too;
 * the books then have the kernel's events alone. (What MREMAP_DONTUNMAP does
 * behind our back is a limitation: uffdlazy(7).)
 */
#include "config.h"

#include "tests/preload/mremap.h"
#include "tests/preload/raw.h"

int main(void)
{
	check_moves(raw_mremap);
	check_grows(raw_mremap);
	check_shrinks(raw_mremap);
	return 0;
}
