#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: an entry that its writer left half-written is not shown.
. "${UL_SRCDIR:-.}/tests/lib.sh"

"$builddir/tests/tools/make_stat" file moving
status 0 "$stat" ./file
[ "$(grep -c ' 0x7f' out)" -eq 1 ] || { cat out; fail "not one region"; }
