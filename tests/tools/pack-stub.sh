#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --stub makes a stub beside the original, which stays; it names
# the blob relative to its own folder, and warns where it will not be used.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 100000 >in
cp in copy
mkdir -p a/b c
$pack -q in -o a/b/in.zst --stub a/lazy || fail "--stub"
cmp in copy || fail "the original changed"
head -c 4096 a/lazy | grep -qx 'blob: b/in.zst' || fail "the blob's path"
[ "$(stat -c %s a/lazy)" -eq 100000 ] || fail "the stub's size"
(cd a && $pack -q --unpack b/in.zst -o lazy) || fail "--unpack over the stub"
cmp in a/lazy || fail "other bytes"
$pack in -o c/in.zst --stub a/far 2>message || fail "--stub elsewhere"
grep -q 'note: .*outside the stub' message || fail "no note"
text 200000 | $pack -q - -o piped.zst --stub piped || fail "from a pipe"
[ "$(stat -c %s piped)" -eq 200000 ] || fail "the piped stub's size"
refuses 1 "copy exists" $pack in -o d.zst --stub copy
cmp in copy || fail "copy was overwritten"
[ ! -e d.zst ] || fail "a blob whose stub was refused"
