#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a bar is drawn on a terminal, and only there; --quiet draws none.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"
needs script

text 5000000 >in
script -qec "$pack in" /dev/null >seen </dev/null || fail "script"
grep -q 'packing \[' seen || fail "no bar on a terminal: $(cat seen)"
grep -q 'in.zst: 4.8 MiB packed' seen || fail "no summary on a terminal"
script -qec "$pack -q -f in" /dev/null >seen </dev/null || fail "script"
[ ! -s seen ] || fail "--quiet said: $(cat seen)"
$pack -f in >seen 2>&1
grep -q 'packing' seen && fail "a bar in a file"
[ "$(wc -l <seen)" -eq 1 ] || fail "more than a summary: $(cat seen)"
