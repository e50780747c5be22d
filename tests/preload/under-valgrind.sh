#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: under Valgrind, which runs one thread at a time and knows no
# userfaultfd(2), memory is filled at once; nobody waits for a page there.
. "${UL_SRCDIR:-.}/tests/lib.sh"

need valgrind
seq 100000 >numbers
sort -r numbers >wanted
UFFDLAZY_POLICY='{ "version": 1, "min_size": "64KiB" }' LD_PRELOAD="$library" \
	timeout -s KILL 240 valgrind -q --tool=none sort -r -S 2M numbers \
	>found 2>said || { cat said; fail "it did not end well"; }
cmp wanted found || fail "other output"
grep -q 'uffdlazy: no lazy memory here' said || fail "it was not preloaded"
