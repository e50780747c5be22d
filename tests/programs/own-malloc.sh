#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a program that brings its own malloc keeps it; what it maps for its
# blocks may be lazy.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need jq

"$programs/own_malloc" >wanted
says wanted 'own malloc: well'
"$run" --zero --stats numbers "$programs/own_malloc" >got
same wanted got
"$stat" --json ./numbers >numbers.json
[ "$(number numbers.json .lazy_bytes)" -ge $((96 << 20)) ] ||
	fail "its large blocks were not lazy"
