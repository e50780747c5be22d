#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a pid is used again; the file of a process that died unheard must
# not pass for the numbers of the stranger that has its pid now.
. "${UL_SRCDIR:-.}/tests/lib.sh"

sleep 1000 &
sleeper=$!
trap 'kill $sleeper; cd / && rm -rf "$work"' EXIT
"$builddir/tests/tools/make_stat" mine good "$sleeper"
"$builddir/tests/tools/make_stat" reused reused "$sleeper"
"$builddir/tests/tools/make_stat" ended ended "$sleeper"

status 0 "$stat" ./mine
says out "$sleeper a victim: running"
status 0 "$stat" ./reused
says out "$sleeper a victim: exited"
grep -q ', begun [0-9.]*[a-z]* ago$' out || fail "not the words for its age"
status 0 "$stat" ./ended
says out "$sleeper a victim: exited"
says out "for 2.50s"
