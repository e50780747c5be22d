#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: wrong usage ends in 2 and says how to go on; what is not there
# ends in 1; --help fits a screen.
. "${UL_SRCDIR:-.}/tests/lib.sh"

status 2 "$stat" --no-such-option
says err "Try 'uffdlazy-stat --help'"
status 2 "$stat" word
says err "'word' is neither a process id nor a file"
status 2 "$stat" 0
status 2 "$stat" 99999999999
status 2 "$stat" 1 2 3
says err 'one process or one file at a time'
status 1 "$stat" 4194305
says err 'there is no process 4194305'
status 1 "$stat" $$
says err "process $$ publishes no statistics: it was not started with uffdlazy-run"
status 2 "$stat" --fill
says err '--fill needs a process'
status 2 "$stat" --fill ./file
status 2 "$stat" --fill --watch $$
status 1 "$stat" ./no-such-file
says err './no-such-file: No such file or directory'
status 0 "$stat" --help
[ "$(wc -l <out)" -le 24 ] || fail "--help does not fit a screen"
[ "$(wc -L <out)" -le 80 ] || fail "--help is wider than 80 columns"
status 0 "$stat" --version
grep -qE '^uffdlazy-stat [0-9]+\.[0-9]+' out
# shellcheck disable=SC2016 # sh expands it
status 1 sh -c '"$1" --help >/dev/full' sh "$stat"
says err 'cannot write'
status 2 "$stat" -f ''
"$builddir/tests/tools/make_stat" file good
status 0 "$stat" ./file 2
[ "$(grep -c ' 0x7f' out)" -eq 1 ] || fail "not one region"
status 1 "$stat" ./file 7
says err 'has no region 7'
