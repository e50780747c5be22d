#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --list says what is true of the blob, and -v lists every frame.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 500000 >in
$pack -q in --codec lz4 --frame 128KiB -o blob
$pack --list blob >list || fail "--list"
grep -q '^  codec  *lz4$' list || fail "codec"
grep -q '^  frames  *4 of 128.0 KiB$' list || fail "frames"
grep -q '^  unpacked  *500000 bytes' list || fail "unpacked"
grep -q "^  packed  *$(stat -c %s blob) bytes" list || fail "packed"
grep -q '^  checksums  *in the seek table' list || fail "checksums"
grep -q '^  table .* sealed$' list || fail "table"
$pack --list -v blob >list
[ "$(grep -Ec '^ +[0-9]+ +[0-9]+ +[0-9]+ ' list)" -eq 5 ] || fail "-v"
grep -Eq '^ +3 +393216 +106784 ' list || fail "the last frame"
