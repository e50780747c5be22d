#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a process keeps its number over execve(2). What it had published
# before is not of a program without lazy memory that it is now: that does not run
# in any view, and nobody waits for it to fill.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need_userfaultfd

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
mkdir run
seq -w 100000 >data
mkfifo in
"$run" "$builddir/tests/tools/holder" data <in >told &
holder=$!
exec 3>in
trap 'exec 3>&-; cd / && rm -rf "$work"' EXIT
until [ -s told ]; do sleep 0.01; done
status 0 "$stat" $holder
says out "$holder holder: running"

echo exec >&3
until grep -qx cat "/proc/$holder/comm"; do sleep 0.01; done
status 1 timeout 60 "$stat" --fill $holder
says err "process $holder has ended, or is another program now"
status 0 "$stat" $holder
says out "$holder holder: exited"
status 0 "$stat" --no-header
! grep -qw "$holder" out || fail "it is among those that run"
