#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the doctor measures what a fault costs beside what uffdlazy-stat
# counts, where faults can be caught. On a machine so busy that it cannot be
# told it says nothing, rather than anything; so it is asked until it is.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq taskset
need_userfaultfd

found=
tries=0
while [ -z "$found" ]; do
	tries=$((tries + 1))
	[ $tries -le 100 ] || fail "the hand-over is never measured"
	"$check" --json >report.json || true
	found=$(jq -r '.findings[] | select(.topic == "hand-over") |
		.found' report.json)
done
echo "$found" | grep -qxE '[0-9]+(\.[0-9])? us on one processor(, [0-9]+(\.[0-9])? us between two)?' ||
	fail "what is that: $found"
# On one processor there is nothing between two.
tries=0
until taskset -c "$(taskset -pc $$ | sed 's/.*: *\([0-9]*\).*/\1/')" \
	"$check" | grep -qE 'hand-over +[0-9.]+ us on one processor$'; do
	tries=$((tries + 1))
	[ $tries -le 100 ] || fail "not measured on one processor"
done
