#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the table has one line for each process of this user, in stable
# columns, wherever the process published; scripts cut it with --no-header.
. "${UL_SRCDIR:-.}/tests/lib.sh"

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
mkdir -p "$folder"
chmod 700 "$folder"
sleep 1000 &
sleeper=$!
trap 'kill $sleeper; cd / && rm -rf "$work"' EXIT
"$builddir/tests/tools/make_stat" "$folder/$sleeper" good "$sleeper"
"$builddir/tests/tools/make_stat" "$folder/4194305" good

status 0 "$stat"
head -n 1 out | grep -qx ' *PID STATE  *REGIONS.*COMMAND' || fail "no titles"
grep -x " *$sleeper running  *2  *8.00MiB  *5.00MiB  *6.00MiB  *100 .* 1.50s  *[0-9]* a victim" out ||
	{ cat out; fail "not the line expected"; }
grep -q '^4194305 ' out && fail "a dead process is shown unasked"
status 0 "$stat" --all
grep -q '^4194305 exited ' out || fail "a dead process is not shown as exited"

status 0 "$stat" --no-header
grep -q PID out && fail "titles in spite of --no-header"
grep -q "^ *$sleeper running" out
