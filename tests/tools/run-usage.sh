#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: wrong usage ends in 2 and says how to go on; --help fits a screen.
. "${UL_SRCDIR:-.}/tests/lib.sh"

status 2 "$run"
says err 'uffdlazy-run: no PROGRAM given'
says err "Try 'uffdlazy-run --help'"
status 2 "$run" --no-such-option true
status 2 "$run" --min-size lots true
says err "'lots' is not a size"
status 2 "$run" --zero -p '{"version": 1}' true
says err '--policy excludes --zero'
status 2 "$run" --min-size 1MiB -p '{"version": 1}' true
says err '--policy excludes --min-size'
status 0 "$run" --help
[ "$(wc -l <out)" -le 24 ] || fail "--help does not fit a screen"
[ "$(wc -L <out)" -le 80 ] || fail "--help is wider than 80 columns"
# shellcheck disable=SC2016 # sh expands it
status 1 sh -c '"$1" --help >/dev/full' sh "$run"
says err 'uffdlazy-run: standard output: No space left'
status 0 "$run" --version
grep -qE '^uffdlazy-run [0-9]+\.[0-9]+' out
