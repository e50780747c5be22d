#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: see in_constructor.c. A deadlock here is the death of every
# program that loads such a library, so the run is killed after a while.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CC:-cc} -shared -fPIC -O1 -o "$work/in_constructor.so" \
    "$UL_SRCDIR/tests/preload/in_constructor.c"
cat >"$work/load.c" <<'END'
#include <dlfcn.h>
int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : 0;
	int (*constructed)(void);

	if (!library)
		return 2;
	*(void **)&constructed = dlsym(library, "constructed");
	if (!constructed || !constructed())
		return 3;
	return dlclose(library);
}
END
${CC:-cc} -o "$work/load" "$work/load.c"
timeout -s KILL 120 env UFFDLAZY_STATS="$work/stats" \
    LD_PRELOAD="$UL_BUILDDIR/.libs/libuffdlazy.so" \
    "$work/load" "$work/in_constructor.so"
"$UL_BUILDDIR/uffdlazy-stat" "$work/stats" >"$work/report"
grep -q 8.00MiB "$work/report" || {
    echo "FAIL: the block was not lazy:"
    cat "$work/report"
    exit 1
}
