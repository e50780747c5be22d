#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --verify names the frame that is damaged; --unpack of such a blob
# fails and leaves no file.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 500000 >in
for codec in zstd lz4; do
	$pack -q in -o blob --codec $codec
	size=$(stat -c %s blob)
	printf '\377\377\377' |
		dd of=blob bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
	refuses 1 "blob: frame " $pack --verify blob
	refuses 1 "blob: frame " $pack --unpack blob -o out
	[ ! -e out ] || fail "half a file"
	rm blob
	$pack -q in -o blob --codec $codec
	truncate -s $((size - 1)) blob
	refuses 1 "blob: " $pack --verify blob
	rm blob
done
: >blob
refuses 1 "the file is empty" $pack --list blob
rm blob
refuses 1 "cannot be opened: No such file" $pack --list blob
leaves in
