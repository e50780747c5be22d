#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --stub makes a stub beside the original, which stays; it names
# the blob relative to its own folder, and warns where it will not be used. Where
# a name that is overwritten is a symbolic link, its file is what is named.
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

# serves STUB: preloaded programs can read it
serves() { "$UL_BUILDDIR/uffdlazy-run" cat "$1" | cmp - in || fail "$2"; }

mkdir e
cp in f
echo old >e/real.zst
ln -s e/real.zst f.zst
$pack --force --replace f 2>message || fail "--replace, a link"
[ -L f.zst ] || fail "the link"
head -c 4096 f | grep -qx 'blob: e/real.zst' || fail "the blob behind a link"
serves f "the blob behind a link"
sh -c "PATH=$UL_BUILDDIR:\$PATH; $(sed -n 's/.* bring it back: //p' message)" ||
	fail "as it is said"
cmp in f || fail "not brought back"
mkdir g
echo old >g/real
ln -s g/real stub
$pack -q in -o g/blob.zst --stub stub --force || fail "--stub, a link"
head -c 4096 g/real | grep -qx 'blob: blob.zst' || fail "a stub behind a link"
serves stub "a stub behind a link"
ln -s c/in.zst out.zst
$pack in --force -o out.zst --stub led-out 2>message || fail "a link elsewhere"
head -c 4096 led-out | grep -qx 'blob: c/in.zst' || fail "below the folder"
ln -s ../c/in.zst a/out.zst
$pack in --force -o a/out.zst --stub a/led-out 2>message || fail "leads out"
grep -q 'note: .*outside the stub' message || fail "no note: a link leads out"
