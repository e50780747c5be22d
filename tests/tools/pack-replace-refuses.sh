#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --replace leaves alone what it cannot replace safely, and says
# why: links, stubs, small files, folders, devices, what is being written.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 100000 >file
cksum file >sum
ln -s file link
refuses 1 "symbolic link" $pack --replace link
rm link
ln file other
refuses 1 "hard link" $pack --replace file
rm other
head -c 4095 file >small
refuses 1 "small has 4095 bytes" $pack --replace small
rm small
refuses 1 "not a regular file" $pack --replace /dev/null -o x
mkdir d
refuses 1 "is a directory" $pack --replace d
rmdir d
refuses 2 "not standard input" $pack --replace -
refuses 2 "needs a blob in a file" $pack --replace file -o -
refuses 2 "exclude each other" $pack --replace --stub x file
exec 3>>file
refuses 1 "open for writing" $pack --replace file
exec 3>&-
echo mine >file.zst
refuses 1 "file.zst exists" $pack --replace file
[ "$(cat file.zst)" = mine ] || fail "file.zst was overwritten"
rm file.zst
cksum file | cmp - sum || fail "the file changed"
leaves file sum

$pack -q --replace file || fail "--replace"
refuses 1 "is a stub" $pack --replace file -o y
refuses 1 "is a stub" $pack file -o y
refuses 1 "file.zst" $pack file -o y
refuses 1 "is a blob already" $pack --replace file.zst
refuses 1 "is a blob already" $pack --replace file.zst --force
leaves file file.zst sum
