#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: sort(1), with a large buffer, threads and temporary files, does the
# same on lazy memory, with the built-in policy.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
long_test
need jq

list=/usr/share/dict/american-english-insane
[ -r "$list" ] || skip "tool: $list (wamerican-insane) not found"
shuf -r -n 21000000 "$list" >text
[ "$(stat -c %s text)" -ge 200000000 ] || fail "the text is too short"
LC_ALL=C sort -S 256M --parallel=2 text -o wanted
LC_ALL=C "$run" --stats numbers sort -S 256M --parallel=2 text -o got
same wanted got
"$stat" --json ./numbers >numbers.json
[ "$(number numbers.json .lazy_bytes)" -ge $((100 << 20)) ] ||
	fail "its buffer was not lazy"
