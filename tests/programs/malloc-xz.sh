#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: xz(1) with two threads and its largest dictionary compresses to
# the same bytes on lazy memory, and back.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
long_test
need xz jq

tar -C /usr/lib -cf - --sort=name . 2>/dev/null | head -c 24M >plain || :
xz -9 -T2 --block-size=8MiB -c plain >wanted
"$run" --stats numbers xz -9 -T2 --block-size=8MiB -c plain >got
same wanted got
"$stat" --json ./numbers >numbers.json
[ "$(number numbers.json .lazy_bytes)" -ge $((64 << 20)) ] ||
	fail "its dictionaries were not lazy"
"$run" xz -dc -T2 got >back
same plain back
