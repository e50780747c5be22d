#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: each finding of the doctor says what was found and what that means,
# what is not well says what changes it, and all of it fits a terminal. The
# JSON has the same, and agrees with the exit status.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq

got=0
"$check" --json >report.json || got=$?
[ $got -le 1 ] || fail "exit status $got"
jq -e --argjson failed $got '(.ok | not) == ($failed == 1) and
	(.findings | length) > 5 and
	all(.findings[]; .found != "" and .topic != "" and
		(.meaning != "" or .topic == "policy") and
		(.state == "ok" or .state == "note" or .state == "problem") and
		(.state == "ok" or .remedy != ""))' report.json >/dev/null ||
	{ cat report.json; fail "a finding does not say all"; }
status $got "$check"
[ "$(grep -v 'to change: ' out | wc -L)" -le 80 ] || { cat out; fail "too wide"; }
