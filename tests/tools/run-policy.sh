#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a policy that is refused stops the program before it starts, with
# the parser's message; -p, --zero and the environment each set one.
. "${UL_SRCDIR:-.}/tests/lib.sh"

refused()
{
	status 1 "$run" "$@" touch it-ran
	[ ! -e it-ran ] || fail "the program ran in spite of its policy"
}
echo '{ "version": 1, "ruless": [] }' >bad.json
refused -p bad.json
says err 'bad.json:1:'
says err 'ruless'
refused --policy=missing.json
says err missing.json
refused -p '{ "version": 1, "rules": 7 }'
UFFDLAZY_POLICY=$work/bad.json refused

printenv()
{
	# shellcheck disable=SC2016 # the inner shell's
	status 0 "$run" "$@" -- sh -c 'echo "$UFFDLAZY_POLICY"'
}
echo '{ "version": 1 }' >good.json
printenv -p good.json
[ "$(cat out)" = "$work/good.json" ] || fail "not absolute: $(cat out)"
printenv -p '{"version": 1}'
[ "$(cat out)" = '{"version": 1}' ] || fail "not inline: $(cat out)"
# White space before it does not matter.
printenv -p ' 	{"version": 1}'
[ "$(cat out)" = ' 	{"version": 1}' ] || fail "not inline: $(cat out)"
printenv --min-size 64KiB
says out '"min_size": 65536'
"$check" "$(cat out)" >/dev/null || fail "what --min-size makes is refused"
printenv --zero
says out '"min_size": 1048576'
printenv
[ -z "$(cat out)" ] || fail "a policy that nobody asked for: $(cat out)"
