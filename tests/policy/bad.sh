#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: whoever made a mistake is told file, line, column, key, what is
# wrong and what was expected. bad/ has one policy for each kind of mistake,
# and beside it the one line that must come.

: "${UL_SRCDIR:?}"
unset UL_TEST_NOT_SET
cd "$UL_SRCDIR/tests/policy/bad" || exit 1
here=$(pwd -P)
failed=0
for policy in *.json; do
    name=${policy%.json}
    if said=$(uffdlazy-check "$policy" 2>&1 >/dev/null); then
        echo "$policy: not refused"
        failed=1
        continue
    else
        status=$?
    fi
    # The tool gives its name, and the whole path; the folder is this one.
    said=${said#"uffdlazy-check: $here/"}
    if [ "$status" != 1 ] || [ "$said" != "$(cat "$name.txt")" ]; then
        printf '%s: status %s\n  said:     %s\n  expected: %s\n' "$policy" \
            "$status" "$said" "$(cat "$name.txt")"
        failed=1
    fi
    grep -q "^$name " README || { echo "$name: not in README"; failed=1; }
done
exit "$failed"
