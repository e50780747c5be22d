#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a plain compressed file is refused with the command that makes a
# blob of it, and that command works.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"
needs zstd lz4 gzip xz

PATH=$UL_BUILDDIR:$PATH
text 500000 >in
zstd -q in -o in.zst
lz4 -q in in.lz4
gzip -c in >in.gz
xz -c in >'a name.xz'
for blob in in.zst in.lz4 in.gz 'a name.xz'; do
	$pack --list "$blob" 2>message && fail "$blob was taken"
	command=$(sed -n 's/.*repack it: //p' message)
	[ -n "$command" ] || fail "no command for $blob: $(cat message)"
	sh -c "$command" 2>message || fail "$command: $(cat message)"
	$pack -q --unpack "$blob.ul.zst" -o out || fail "$blob.ul.zst"
	cmp in out || fail "other bytes: $blob"
	rm out
done
