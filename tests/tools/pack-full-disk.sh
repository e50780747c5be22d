#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: when the disk is full the target is as it was, no half file is
# left, the status is 1 and the words are clear. The disk's end is played by
# a limit on the size of files, by /dev/full, and as root by a small tmpfs.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

head -c 3000000 /dev/urandom >in
cksum in >sum
$pack -q in -o good.zst
# Half of what is needed, in blocks of 512 or 1024 bytes.
small() { (ulimit -f 1500; "$@"); }
echo target >target
refuses 1 "target cannot be written" small $pack in -o target --force
[ "$(cat target)" = target ] || fail "the target changed"
refuses 1 "new cannot be written" small $pack in -o new
refuses 1 "cannot be written" small $pack --replace in
refuses 1 "cannot be written" small $pack --unpack good.zst -o new
cksum in | cmp - sum || fail "the input changed"
leaves good.zst in sum target
if [ -c /dev/full ]; then
	full() { "$@" >/dev/full; }
	full $pack -q in -o - 2>message
	[ $? -eq 1 ] || fail "/dev/full: status"
	grep -q 'No space left' message || fail "/dev/full: $(cat message)"
	full $pack --unpack good.zst -o - 2>message
	grep -q ': standard output cannot be' message ||
		fail "/dev/full: $(cat message)"
	rm message
fi
mkdir disk
if mount -t tmpfs -o size=1m tmpfs disk 2>/dev/null; then
	trap 'cd /; umount "$folder/disk"; rm -rf "$folder" "$folder".*' EXIT
	echo target >disk/target
	refuses 1 "No space left" $pack in -o disk/new
	refuses 1 "No space left" $pack in -o disk/target --force
	refuses 1 "No space left" $pack --unpack good.zst -o disk/new
	[ "$(cat disk/target)" = target ] || fail "the target changed"
	[ "$(ls -A disk)" = target ] || fail "left: $(ls -A disk)"
fi
