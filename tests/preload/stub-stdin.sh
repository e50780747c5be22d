#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a stream does not see what its descriptor has become: standard
# input reads a stub, whichever call made it one.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

for way in dup dup2 fcntl fcntl-cloexec message; do
	same "$way" "$builddir/tests/preload/stub_stdin $way \$file"
done
for mode in r rb re; do
	same "freopen without a path, $mode" \
		"$builddir/tests/preload/stub_stdin $mode <\$file"
done
# Nobody can write to one.
if lazily "$builddir/tests/preload/stub_stdin" r+ <words >out 2>said; then
	fail "reopened for writing"
fi
grep -q "r+: Read-only file system" said || { cat said; fail "no word of why"; }
