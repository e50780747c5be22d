#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what is packed comes back as it was, whatever the codec, the
# frame, the level, the number of threads, and the length, at its borders too.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 3000000 >whole
for length in 0 1 4095 4096 65535 65536 65537 1048576 3000000; do
	head -c $length whole >in
	for options in "" "--codec lz4" "--frame 4KiB --level 1" \
		"--frame 1MiB --threads 1" "--threads 7 --codec lz4 --level 1" \
		"--frame 64MiB --level 19"; do
		rm -f out blob
		# shellcheck disable=SC2086
		$pack -q in -o blob $options || fail "$length: $options"
		$pack --verify -q blob || fail "verify $length: $options"
		$pack --unpack -q blob -o out || fail "unpack $length: $options"
		cmp in out || fail "other bytes: $length: $options"
		[ "$($pack --unpack -q blob -o - | cksum)" = "$(cksum <in)" ] ||
			fail "other bytes to a pipe: $length: $options"
	done
done
