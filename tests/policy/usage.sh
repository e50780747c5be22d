#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: scripts tell wrong usage (2) from a wrong policy (1), and a full
# disk from success.

failed=0
# status WANTED ARG...
status() {
    wanted=$1
    shift
    uffdlazy-check "$@" >/dev/null 2>&1
    got=$?
    [ "$got" = "$wanted" ] || { echo "$*: $got, not $wanted"; failed=1; }
}
status 0 --help
status 0 --version
status 0 --keys
status 0 '{"version":1}'
status 1 '{"version":3}'
status 1 /nonexistent
status 1 '{"version":1,"stores":{"a":{"type":"file","path":"/nonexistent"}}}'
status 2 --frobnicate
status 2 --explain
status 2 a b
status 2 ''
status 2 --keys '{"version":1}'
if [ -w /dev/full ]; then
    for what in --keys --help --version; do
        uffdlazy-check "$what" >/dev/full 2>&1 &&
            { echo "full, and fine: $what"; failed=1; }
    done
fi
exit "$failed"
