#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a plain compressed file is refused with the command that makes a
# blob of it, and that command works.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"
needs zstd pzstd lz4 gzip xz

PATH=$UL_BUILDDIR:$PATH
text 500000 >in
zstd -q in -o in.zst
zstd -q --no-check --adapt in -o adapt.zst 2>/dev/null
pzstd -q -p 2 in -o parallel.zst
lz4 -q in in.lz4
lz4 -q -l in old.lz4
lz4 -q -BD -BX -B4 --content-size in linked.lz4
lz4 -q --no-frame-crc in no-sum.lz4
gzip -c in >in.gz
xz -c in >'a name.xz'
for blob in in.zst adapt.zst parallel.zst in.lz4 old.lz4 linked.lz4 no-sum.lz4 \
	in.gz 'a name.xz'; do
	$pack --list "$blob" 2>message && fail "$blob was taken"
	command=$(sed -n 's/.*repack it: //p' message)
	[ -n "$command" ] || fail "no command for $blob: $(cat message)"
	sh -c "$command" 2>message || fail "$command: $(cat message)"
	$pack -q --unpack "$blob.ul.zst" -o out || fail "$blob.ul.zst"
	cmp in out || fail "other bytes: $blob"
	rm out
done
