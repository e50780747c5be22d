#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the table can be sorted by every column that it has, and by no
# other; exited processes are shown when asked for.
. "${UL_SRCDIR:-.}/tests/lib.sh"

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
mkdir -p "$folder"
"$builddir/tests/tools/make_stat" "$folder/4194305" good
"$builddir/tests/tools/make_stat" "$folder/4194306" later 4194306

order()
{
	status 0 "$stat" --all --no-header --sort="$1"
	awk '$1 > 4194304 { printf "%s ", $1 }' out >order
	[ "$(cat order)" = "$2" ] || { cat out; fail "--sort=$1"; }
}
order faults '4194306 4194305 '
order -FAULTS '4194305 4194306 '
order stalled '4194306 4194305 '
order pid '4194305 4194306 '
order -pid '4194306 4194305 '
order lazy '4194305 4194306 '

status 0 "$stat" --all
for column in $(head -n 1 out); do
	status 0 "$stat" --sort="$column"
done
status 2 "$stat" --sort=colour
says err "no column 'colour'"
says err 'faults/s'
status 0 "$stat"
grep -q ' exited ' out && fail "exited processes are shown unasked"
:
