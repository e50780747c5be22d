#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: what the manual allows is not refused, and stores that are there
# open; the same policy is fine as a file, as JSON itself, and on the input.

: "${UL_SRCDIR:?}"
cd "$UL_SRCDIR/tests/policy/good" || exit 1
failed=0
for policy in *.json; do
    uffdlazy-check "$policy" >/dev/null || failed=1
    uffdlazy-check "
        $(cat "$policy")" >/dev/null || failed=1
    uffdlazy-check - <"$policy" >/dev/null || failed=1
    uffdlazy-check --json "$policy" | grep -q '"ok": true' || failed=1
done
exit "$failed"
