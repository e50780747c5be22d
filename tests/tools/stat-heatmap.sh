#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the heat map shows what is resident where it is: what was touched,
# less what was given back, in regions that are small, or cut. Colours are for
# a terminal whose user wants them, plain ASCII for a locale that has no more.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq script
need_userfaultfd

policy='{ "version": 1, "min_size": "16KiB", "rules": [ { "match":
	{ "call": "mmap-anon" }, "store": "zero", "granule": "4KiB" } ] }'
timeout -s KILL 120 "$run" -p "$policy" --stats paint.stat -- \
	"$builddir/tests/tools/painter" || fail "the painter fails"

"$stat" --json ./paint.stat | jq -c '.regions | sort_by(.id)[] |
	select(.caller | test("painter")) |
	[.length / 4096, .counters.resident_bytes / 4096, .resident_cells]' >got
jq -nc 'def cells(n; share): [range(n) | share];
	[1024, 320, cells(4; 0) + cells(12; 100) + cells(16; 50) +
		cells(32; 0)],
	[10, 1, [range(64) as $c | if $c == 57 then 100 elif
		any(range(10); (. * 64 / 10 | floor) == $c) then 0
		else null end]],
	[256, 256, cells(64; 100)]' >wanted
diff -u wanted got || fail "not the pattern that was painted"

bands()
{
	grep -o '\[.*\]' out >bands
	head -n 1 bands
}
status 0 "$stat" --heatmap ./paint.stat
[ "$(bands)" = '[····████████████▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄································]' ] ||
	{ cat out; fail "not drawn in blocks"; }
grep -qx '\[·········█\]' bands || fail "the small region has no ten cells"
LC_ALL=C status 0 "$stat" --heatmap ./paint.stat
[ "$(bands)" = '[....############++++++++++++++++................................]' ] ||
	{ cat out; fail "not drawn in ASCII"; }

TERM=xterm script -qec "$stat --heatmap ./paint.stat" /dev/null >out
says out '[38;5;226m'
NO_COLOR=1 TERM=xterm script -qec "$stat --heatmap ./paint.stat" /dev/null >out
grep -q '38;5;' out && fail "colours in spite of NO_COLOR"
# A terminal that has not the width for 64 cells gets 32.
NO_COLOR=1 TERM=xterm script -qec "stty cols 45; $stat --heatmap ./paint.stat" \
	/dev/null </dev/null | tr -d '\r' >out
[ "$(bands)" = '[··██████▄▄▄▄▄▄▄▄················]' ] ||
	{ cat out; fail "not drawn in half the cells"; }
[ "$(wc -L <out)" -le 45 ] || { cat out; fail "it does not fit 45 columns"; }
status 2 "$stat" --heatmap
says err '--heatmap needs a process or a file'
