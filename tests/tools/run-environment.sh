#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the options reach the library through the environment, paths made
# absolute, and a preload of the user's own stays in place, after ours.
. "${UL_SRCDIR:-.}/tests/lib.sh"

status 0 "$run" --summary --stats=numbers env
says out "UFFDLAZY_SUMMARY=1"
says out "UFFDLAZY_STATS=$work/numbers"
says out "LD_PRELOAD=$library"
status 0 env LD_PRELOAD=libutil.so.1 "$run" env
grep -x "LD_PRELOAD=$library:libutil.so.1" out ||
	{ cat out; fail "not before what was preloaded"; }
