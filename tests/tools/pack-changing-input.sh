#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a file that changes while it is packed is noticed, and nothing is
# written. The change is made while the run is stopped in its middle: it has
# read what was there, and writes into a pipe that nobody empties yet.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

mkfifo out
try() {
	words=$1
	shift
	head -c 30000000 /dev/urandom >in
	$pack -q in -o - >out 2>message &
	child=$!
	# The first byte is there: it is at work, and cannot end.
	exec 4<out
	head -c 1 <&4 >/dev/null
	"$@"
	cat <&4 >/dev/null
	exec 4<&-
	wait $child
	[ $? -eq 1 ] || fail "$words: not noticed"
	grep -q "in $words while it was read" message ||
		fail "$words: $(cat message)"
}
grow() { echo more >>in; }
shrink() { truncate -s 100 in; }
touched() { printf x | dd of=in bs=1 conv=notrunc 2>/dev/null; }
try grew grow
try shrank shrink
try changed touched
