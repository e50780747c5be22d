#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: without --force nothing that exists is overwritten, by no mode;
# with it, it is, through a symbolic link too, and the link stays.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 50000 >in
echo mine >in.zst
refuses 1 "in.zst exists; --force" $pack in
[ "$(cat in.zst)" = mine ] || fail "overwritten"
$pack -q -f in || fail "--force"
echo mine >out
refuses 1 "out exists; --force" $pack --unpack in.zst -o out
[ "$(cat out)" = mine ] || fail "overwritten"
ln -s out link
$pack -q --unpack in.zst -o link --force || fail "--unpack --force"
cmp in out || fail "other bytes"
[ -L link ] || fail "the link is gone"
mkdir d
refuses 1 "not a regular file" $pack in -o d --force
ln -s nowhere dangling
refuses 1 "dangling exists" $pack in -o dangling
refuses 1 "symbolic link to nothing" $pack in -o dangling --force
[ ! -e nowhere ] || fail "wrote through a dangling link"
# A stub of another blob is no permission.
cp in two
$pack -q --replace two || fail "--replace"
text 60000 >three
$pack -q three
refuses 1 "two exists" $pack --unpack three.zst -o two
# Nor the input itself, whatever leads to it, even by force.
cp in p
ln -s p by-link
ln p by-hard-link
ln -s . folder
for out in p ./p by-link by-hard-link folder/p; do
	refuses 1 "is the input itself" $pack --force p -o $out
	[ "$out" = by-hard-link ] ||
		refuses 1 "is the input itself" $pack --force p -o o --stub $out
	cmp in p || fail "-o $out: the input is lost"
done
rm by-hard-link
for out in p ./p by-link folder/p; do
	refuses 1 "is the input itself" $pack --force --replace p -o $out
	cmp in p || fail "--replace -o $out: the input is lost"
done
for out in b ./b folder/b; do
	refuses 1 "both the blob and its stub" $pack p -o b --stub $out
	[ ! -e b ] || fail "--stub $out: something was made"
done
$pack -q p || fail "a blob"
refuses 1 "is the input itself" $pack --force --unpack p.zst -o folder/p.zst
