#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --stats never writes over what is no statistics file, nor beside
# it under another name, and says so; a process whose parent has the file takes
# the name with its own number behind it.
. "${UL_SRCDIR:-.}/tests/lib.sh"

touch_pages=$builddir/tests/programs/touch_pages
echo precious >mine
mkfifo pipe
mkdir folder
ln -s elsewhere link
for file in mine pipe folder link /dev/null; do
	status 0 "$run" --stats $file -- "$touch_pages" 512
	says out '512 pages'
	says err 'UFFDLAZY_STATS: cannot write'
	for other in "$file".*; do
		[ ! -e "$other" ] || fail "$file: $other was made"
	done
done
# Nobody is told to remove a device.
for file in pipe /dev/null; do
	status 0 "$run" --stats $file -- "$touch_pages" 512
	says err "cannot write $(realpath $file): it is no regular file: name another"
done
status 0 "$run" --stats mine -- "$touch_pages" 512
says err 'it is there, and holds something else: remove it'
[ "$(cat mine)" = precious ] || fail "the file was overwritten"
[ ! -e elsewhere ] || fail "the link was followed"

# A path that can be no file's.
long=$(printf '%05000d' 0)
status 0 "$run" --stats "/$long" -- "$touch_pages" 512
says out '512 pages'
says err 'UFFDLAZY_STATS: the path is too long'
mkdir gone
(cd gone && rmdir ../gone && UFFDLAZY_STATS=here LD_PRELOAD=$library \
	"$touch_pages" 512) >out 2>err
says err 'cannot write here: the current folder cannot be told (No such file'

# A shell that stays while its child runs.
status 0 "$run" --stats stat -- sh -c "'$touch_pages' 512; exit 0"
[ -e stat ] || fail "no file"
ls -d stat.* >/dev/null || fail "the child has no file of its own"
