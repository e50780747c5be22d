#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what follows PROGRAM is the program's, options and all, and --
# ends our own.
. "${UL_SRCDIR:-.}/tests/lib.sh"

status 0 "$run" printf '%s|' --help -p --zero -- x
[ "$(cat out)" = '--help|-p|--zero|--|x|' ] || fail "got $(cat out)"
status 0 "$run" -- printf '%s' --version
[ "$(cat out)" = --version ] || fail "got $(cat out)"
