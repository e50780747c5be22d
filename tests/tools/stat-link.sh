#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: with UFFDLAZY_STATS=FILE a process publishes a link to FILE, in its
# own folder; the numbers are found through it.
. "${UL_SRCDIR:-.}/tests/lib.sh"

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
mkdir -p "$folder"
"$builddir/tests/tools/make_stat" elsewhere good
ln -s "$work/elsewhere" "$folder/4194305"
status 0 "$stat" 4194305
says out '4194305 a victim: exited'

# A file may not lend its numbers to another pid.
ln -s "$work/elsewhere" "$folder/4194306"
status 1 "$stat" 4194306
says err 'speaks of another process, 4194305'
