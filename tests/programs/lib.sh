# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# lib.sh - what the tests of real programs share, after tests/lib.sh

programs=$builddir/tests/programs

# The word list, in the order of its bytes, as look(1) wants it.
make_words()
{
	list=/usr/share/dict/american-english-insane
	[ -r "$list" ] || skip "tool: $list (wamerican-insane) not found"
	LC_ALL=C sort -u "$list" >"$1"
}

# Words of the list that lie evenly apart, and some that are not in it.
sample_words()
{
	lines=$(wc -l <"$1")
	awk -v every=$((lines / 190)) 'NR % every == 1' "$1" | head -n 190
	printf '%s\n' '!' 0 AAAAAA aardvarkz mmmmmm qqqqqq zebra zebraz zzz '~'
}

# As the README says: the library alone, nothing else set.
preloaded()
{
	env LD_PRELOAD="$library" "$@"
}

# filled_share FILE.json: percent of the lazy bytes that were filled.
filled_share()
{
	number "$1" 'if .lazy_bytes == 0 then error("nothing was lazy") else
		(.totals.filled_bytes * 100 / .lazy_bytes | floor) end'
}
