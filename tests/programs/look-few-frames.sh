#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a binary search touches a few pages, so only a few frames may be
# unpacked; that is what the whole thing is for.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need look jq
need_userfaultfd

make_words words
"$pack" --quiet --replace words
for word in aardvark mellow zebra; do
	rm -f numbers
	UFFDLAZY_STATS=$work/numbers preloaded look "$word" words >answer
	[ -s answer ] || fail "no answer for '$word'"
	"$stat" --json ./numbers >numbers.json
	share=$(filled_share numbers.json)
	faults=$(number numbers.json '.totals.faults_read')
	echo "$word: $share % filled, $faults faults"
	[ "$share" -le 33 ] || fail "$share % of the list was filled"
	[ "$faults" -ge 1 ] || fail "no fault was served"
	[ "$faults" -le 40 ] || fail "$faults faults for a binary search"
	[ "$(number numbers.json '[.regions[], .rules[] |
		select((.rule // .name) == "(stub)")] | length')" -ge 1 ] ||
		fail "not served as a stub"
done
