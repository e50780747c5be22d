#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a disk that fills up, or a limit on the size of files, costs the
# statistics and not the program: a line says that there are none.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need unshare
need_userfaultfd
unshare -m true 2>/dev/null || skip "no mount namespace to be had"

cat >program.c <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Fill the disk by way of this file, then map so many regions. */
int main(int argc, char **argv)
{
	static char zeros[4096];
	FILE *file = argc > 1 ? fopen(argv[1], "w") : NULL;
	volatile char *first = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	first[0] = 1;
	while (file && fwrite(zeros, sizeof(zeros), 1, file) == 1)
		;
	for (int i = 0; i < 2000; i++) {
		volatile char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED || at[4096] != 0)
			return 1;
		at[4096] = 1;
	}
	puts("done");
	return 0;
}
END
${CC:-cc} -O1 -o program program.c
mkdir small

# SIZE COMMAND...: with a disk of that size
on_small()
{
	size=$1
	shift
	unshare -m sh -c 'mount -t tmpfs -o size='"$size"' none small && exec "$@"' \
		sh "$@" >out 2>err || { cat out err; fail "$size: $*"; }
	grep -q '^done$' out || fail "$size: it did not come to its end: $*"
}

kept="env LD_PRELOAD=$library UFFDLAZY_STATS=small/stats"
found="env LD_PRELOAD=$library XDG_RUNTIME_DIR=$work/small"
for size in 4k 8k 12k 16k 32k 64k; do
	# shellcheck disable=SC2086
	on_small $size $kept ./program
	grep -q 'no room for statistics' err || { cat err; fail "$size: silent"; }
done
# shellcheck disable=SC2086
on_small 4m $kept ./program small/other
grep -q 'no room for statistics' err || { cat err; fail "it filled up: silent"; }
# shellcheck disable=SC2086
on_small 32k $found ./program

# What the program itself writes goes to a pipe.
for limit in 0 1 100 1000 3000; do
	{ (ulimit -f $limit && exec "$run" --stats stats -- ./program) 2>&1 ||
		echo "status $?"; } | cat >out
	grep -q '^done$' out || { cat out; fail "under a limit of $limit blocks"; }
	grep -q 'no room for statistics' out || { cat out; fail "$limit: silent"; }
	rm -f stats
done
