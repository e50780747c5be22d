#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a FIFO is read to its end, also when its writer comes later than
# we do; and --replace refuses one without waiting for a writer.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 3000000 >in
mkfifo pipe
for round in 1 2 3 4 5; do
	$pack -q -f pipe -o blob &
	child=$!
	cat in >pipe &
	wait $child || fail "round $round"
	$pack --unpack -q blob -o - | cmp - in || fail "bytes, round $round"
done
refuses 1 "not a regular file" $pack --replace pipe
