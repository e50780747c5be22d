#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: uffdlazy-policy(5) describes every key of the parser's table, with
# the same type, unit, range and default, and none that the table lacks.
#
# The page says of which part the keys are in a comment, ".\" scope: rules[N]",
# and of each key "Type: ...", "Unit: ...", "Range: ...", "Default: ..." on
# lines of their own.

: "${UL_SRCDIR:?}"
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

uffdlazy-check --keys | cut -f 1-6 | sort >"$folder/table"
awk '
function put() { if (key != "") print scope, key, type, unit, range, preset
    key = type = unit = range = preset = "" }
function rest() { sub(/^[A-Za-z]*: /, ""); sub(/\.$/, ""); return $0 }
BEGIN { OFS = "\t" }
/^\.\\" scope:/ { scope = $0; sub(/^[^:]*: ?/, "", scope); inside = 1 }
inside && /^\.It Cm / { put(); key = $3 }
key != "" && /^Type: / { type = rest() }
key != "" && /^Unit: / { unit = rest() }
key != "" && /^Range: / { range = rest() }
key != "" && /^Default: / { preset = rest() }
inside && /^\.El/ { put(); inside = 0 }
' "$UL_SRCDIR/man/uffdlazy-policy.5" | sort >"$folder/manual"

[ -s "$folder/table" ] || { echo "no keys"; exit 1; }
diff -u "$folder/table" "$folder/manual"
