#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: programs that begin at the same moment with one --stats FILE, as those
# of a pipeline do, have a file each; none takes another's away from under it,
# which would be a SIGBUS.
. "${UL_SRCDIR:-.}/tests/lib.sh"

touch_pages=$builddir/tests/programs/touch_pages
# How it ended, before anybody can have the number of its process again.
one() { "$run" --stats stat -- "$touch_pages" 512 >/dev/null || echo "$?" >>ends; }

for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	rm -f stat*
	for each in 1 2 3 4 5 6 7 8 9 10; do
		one 2>>err &
	done
	wait
	[ ! -e ends ] || { cat err; fail "$round: ended with $(cat ends)"; }
	[ ! -s err ] || { cat err; fail "$round: something was said"; }
	for file in stat*; do
		case $file in
		*.new) fail "$round: $file was left behind" ;;
		esac
		status 0 "$stat" "./$file"
		says out 'touch_pages: exited'
	done
done
: "$each"

# The folder that they are found in goes with the last of them: a program can
# remove the one that it lies in.
XDG_RUNTIME_DIR=$work/runtime
export XDG_RUNTIME_DIR
for round in 1 2 3 4 5 6 7 8 9 10; do
	mkdir "$XDG_RUNTIME_DIR"
	for each in 1 2 3 4 5 6 7 8 9 10; do
		"$run" -- "$touch_pages" 512 >/dev/null &
	done
	wait
	rmdir "$XDG_RUNTIME_DIR" || fail "$round: $(ls -a "$XDG_RUNTIME_DIR")"
done
