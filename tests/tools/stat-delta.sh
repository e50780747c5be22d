#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --delta shows what was counted between two looks, and nothing from
# before, and --watch goes on with that from look to look.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq

sleep 1000 &
sleeper=$!
trap 'kill $sleeper; cd / && rm -rf "$work"' EXIT
"$builddir/tests/tools/make_stat" before good "$sleeper"
"$builddir/tests/tools/make_stat" after later "$sleeper"
# The same process, at whatever second the two were made.
head -c 64 before | tail -c +1 | dd of=after conv=notrunc status=none
cp before file

# Views go on until one shows the difference; each of them, whenever the file
# changed, shows none or all of it.
: >views
"$stat" --delta=0.05 --watch=0.05 --json ./file >views &
reader=$!
until grep -q '"version"' views; do
	kill -0 "$reader" || fail "the reader is gone"
done
mv after file
: >found
until [ -s found ]; do
	kill -0 "$reader" || fail "the reader is gone"
	# The last view may be half written.
	jq 'select(.totals.faults_read == 40)' views >found 2>/dev/null || :
done
kill "$reader"
wait "$reader" || :
jq -se '.[0] | .totals.stall_ns == 7000 and .totals.fills == 0 and
	.interval_faults == 40 and .lazy_bytes_now == 8388608 and
	.regions[0].counters.faults_read == 40 and
	.regions[0].counters.resident_bytes == 1048576 and
	.latency == [[8192, 40]]' found >/dev/null ||
	{ cat found; fail "not the difference"; }
# Each view but the one that saw the change says that nothing happened.
jq .totals.faults_read views 2>/dev/null | sort -u >seen
grep -qvx -e 0 -e 40 seen && { cat seen; fail "counted from before"; }

status 2 "$stat" --delta=never
says err "'never' is not a number of seconds"
status 2 "$stat" --delta --openmetrics
