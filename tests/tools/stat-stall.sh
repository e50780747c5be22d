#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the time that threads are said to have been stalled is what they
# have measured themselves, to a tenth: for each thread, also one that waits for
# another's fault, for each region and each call site. The frames are so large
# that handing a fault over is nothing beside unpacking one. A thread that gets
# no processor when its page is there is not stalled by us, but cannot tell:
# so a run on a busy machine is repeated. A mistake in counting stays.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq
need_userfaultfd
long_test

frame=67108864
seq -w 15000000 >data			# 128 MiB and more: two whole frames
"$pack" --quiet --frame 64MiB --level 1 --replace data

measure()
{
	rm -f wait.stat
	timeout -s KILL 120 "$run" --stats wait.stat \
		"$builddir/tests/tools/waiter" data "$frame" >truth ||
		fail "the waiter fails"
	"$stat" --json ./wait.stat >got.json
	{
		# Each thread by its number.
		while read -r name thread ns; do
			echo "$name $ns $(jq --argjson tid "$thread" \
				'[.threads[] | select(.tid == $tid)][0].stall_ns
				// 0' got.json)"
		done <truth
		# The first region is alone's, the second that of the others.
		alone=$(awk '$1 == "alone" { print $3 }' truth)
		both=$(awk '$1 != "alone" { sum += $3 }
			END { printf "%d", sum }' truth)
		jq -r --arg alone "$alone" --arg both "$both" '
			(.regions | sort_by(.id) |
			"region-1 \($alone) \(.[0].counters.stall_ns)",
			"region-2 \($both) \(.[1].counters.stall_ns)"),
			(.callsites | sort_by(.counters.stall_ns) |
			"site-1 \([$alone, $both | tonumber] | min) \(
				.[0].counters.stall_ns)",
			"site-2 \([$alone, $both | tonumber] | max) \(
				.[1].counters.stall_ns)"),
			"process \(($alone | tonumber) + ($both | tonumber)) \(
				.totals.stall_ns)"' got.json
	} >compared
	[ "$(wc -l <compared)" -eq 8 ] || fail "not all of it is there"
	awk '{ off = $2 - $3; if (off < 0) off = -off
		if (off * 10 > $2) bad = 1 } END { exit bad }' compared
}

for _ in 1 2 3 4 5 6 7 8; do
	if measure; then good=yes && break; fi
done
[ "${good:-}" ] ||
	{ cat compared; fail "what is stalled is not what was measured"; }
# Those that waited for one page both count as faults; one fill brought it.
jq -e '.totals.faults_read == 4 and .totals.fills <= 4' got.json >/dev/null ||
	fail "not four faults"
