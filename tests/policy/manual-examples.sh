#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: people paste the examples of a manual page; so each command line
# in these pages runs, and the example policy is one that parses.

: "${UL_SRCDIR:?}"
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
unset UFFDLAZY_POLICY XDG_CONFIG_HOME
HOME=$folder
export HOME
failed=0

for page in uffdlazy-check.1 uffdlazy-policy.5; do
    page=$UL_SRCDIR/man/$page
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning "$page" || failed=1
    fi
    sed -n '/^\.Dl \$ /{s///; s/\\(dq/"/g; p;}' "$page" >"$folder/commands"
    [ -s "$folder/commands" ] || { echo "$page: no examples"; failed=1; }
    while read -r line; do
        (cd "$folder" && sh -c "$line") >"$folder/out" 2>&1 </dev/null && continue
        # This machine may allow nothing: that is an answer too.
        grep -q '^problem *service' "$folder/out" && continue
        echo "$page: $line"
        cat "$folder/out"
        failed=1
    done <"$folder/commands"
done

# Each policy of the page by itself: 1.json, 2.json, ...
awk -v folder="$folder" '/^\.Bd -literal/ { n++; inside = 1; next }
    /^\.Ed/ { inside = 0 }
    inside { print >(folder "/" n ".json") }' "$UL_SRCDIR/man/uffdlazy-policy.5"
for policy in "$folder"/[0-9]*.json; do
    uffdlazy-check "$policy" --explain call=malloc,size=1MiB >/dev/null ||
        failed=1
done
uffdlazy-check "$folder/1.json" \
    --explain call=mmap-anon,size=1MiB,prot=rx | grep -q plain || failed=1
exit "$failed"
