#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what cannot be had is not made up by a fill on request either. The
# rest is filled; it is said which part is not, and why; the process goes on.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq
need_userfaultfd

seq -w 100000 >data
"$pack" --quiet --replace data
# In the second frame, well behind its header.
frame=$("$pack" --list --verbose data.zst | awk '$1 == "2" { print $4 }')
[ -n "$frame" ] || fail "no second frame"
printf 'XXXXXXXX' | dd of=data.zst bs=1 conv=notrunc seek=$((frame + 1000)) \
	2>/dev/null
mkfifo in
"$run" "$builddir/tests/tools/holder" data <in >told 2>said &
exec 3>in
until [ -s told ]; do sleep 0.01; done
read -r pid words table <told

status 1 "$stat" --fill "$pid"
says err "uffdlazy-stat: process $pid cannot fill 64.0KiB of it: "
says err 'to touch that raises SIGBUS'
"$stat" --json "$pid" | jq -e '.regions[0] |
	.length - .counters.resident_bytes == 65536' >/dev/null ||
	fail "not all of the rest is filled"
: "$words" "$table"

exec 3>&-
wait $! || fail "the program does not go on"
