#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: /dev/shm is open to everybody. A folder or a file that another
# user planted, itself or by a link, does not pass for one's own numbers.
. "${UL_SRCDIR:-.}/tests/lib.sh"

[ "$(id -u)" -eq 0 ] || skip "user: needs root, to play two users"
XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-0
mkdir -p "$folder" "$work/theirs"
"$builddir/tests/tools/make_stat" "$folder/4194305" good

status 0 "$stat" 4194305
chown 65534 "$folder/4194305"
status 1 "$stat" 4194305
says err 'belongs to user 65534, not to user 0'
status 0 "$stat" --all
grep -q 4194305 out && fail "another's file is in the table"

mv "$folder/4194305" "$work/theirs/file"
ln -s "$work/theirs/file" "$folder/4194305"
status 1 "$stat" 4194305
says err 'belongs to user 65534, not to user 0'

rm "$folder/4194305"
mkfifo "$folder/4194305"
status 1 "$stat" 4194305
says err 'not a regular file'

rm -r "$folder"
"$builddir/tests/tools/make_stat" "$work/theirs/4194305" good
ln -s "$work/theirs" "$folder"
status 1 "$stat" 4194305
says err 'not a folder of user 0'
rm "$folder"
mv "$work/theirs" "$folder"
chown 65534 "$folder"
status 1 "$stat" 4194305
says err 'not a folder of user 0'
