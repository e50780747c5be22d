#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: neither a variable nor the name of the policy itself can steer the
# terminal, or make a line that looks like one of the tool's own.

failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')
X=$(printf '/tmp/q\nok      machine \033[31mall \302\233')
export X
# refused POLICY KEY: because of X.
refused() {
    said=$(uffdlazy-check "$1" 2>&1) && { echo "$2: not refused"; failed=1; }
    case $said in
    *"$2: "*"has a control character once expanded"*) ;;
    *) echo "$2: it says: $said"; failed=1 ;;
    esac
}
# shellcheck disable=SC2016 # the tool's own variables
{
    refused '{"version":1,"stores":{"s":{"type":"file","path":"${X}"}}}' \
        stores.s.path
    refused '{"version":1,"rules":[{"match":{"path":"${X}"},"store":"self"}]}' \
        'rules[0].match.path'
}

named=$work/a$(printf '\033\302\233')$tab$(printf 'x\ny').json
echo '{"version":1}' >"$named"
uffdlazy-check "$named" >"$work/out" 2>&1
uffdlazy-check --json "$named" >>"$work/out" 2>&1
grep -q 'a????x?y.json' "$work/out" || { echo "not so named"; failed=1; }
tr -d '\n' <"$work/out" | LC_ALL=C grep -q '[[:cntrl:]]' &&
    { echo "a control character gets through"; failed=1; }
LC_ALL=C grep -q "$(printf '\302\233')" "$work/out" &&
    { echo "a C1 control gets through"; failed=1; }
exit "$failed"
