#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: zstd(1) and lz4(1) read what we write, and verify it.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"
needs zstd lz4

text 500000 >in
: >empty
for name in in empty; do
	$pack -q $name || fail "zstd $name"
	zstd -q -t $name.zst || fail "zstd -t $name"
	zstd -q -dc $name.zst | cmp - $name || fail "zstd -d $name"
	$pack -q --codec lz4 $name || fail "lz4 $name"
	lz4 -q -t $name.lz4 || fail "lz4 -t $name"
	lz4 -q -dc $name.lz4 | cmp - $name || fail "lz4 -d $name"
done
