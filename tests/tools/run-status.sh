#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: uffdlazy-run becomes the program, so its exit status, or the signal
# that killed it, is the program's; 126 and 127 are as the shell gives them.
. "${UL_SRCDIR:-.}/tests/lib.sh"

status 0 "$run" true
status 1 "$run" false
status 42 "$run" sh -c 'exit 42'
# shellcheck disable=SC2016 # the inner shell's
status 143 "$run" sh -c 'kill -TERM $$'
status 127 "$run" no-such-program-anywhere
says err "uffdlazy-run: 'no-such-program-anywhere': not found in PATH"
status 127 "$run" ./no-such-file
status 126 "$run" /
: >plain
status 126 "$run" ./plain
says err 'uffdlazy-run: ./plain: is not executable'
