#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a fill on request and the program's own faults meet on the same
# pages: neither waits for the other for ever, and every byte is right. The
# progress is drawn on a terminal, and nowhere else.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need script
need_userfaultfd

seq -w 2000000 >data
cp data original
echo sum | "$builddir/tests/tools/holder" original | tail -n 1 >wanted
"$pack" --quiet --replace data
mkfifo in
for round in 1 2 3; do
	rm -f told
	timeout -s KILL 120 "$run" "$builddir/tests/tools/holder" data <in >told &
	holder=$!
	exec 3>in
	until [ -s told ]; do sleep 0.01; done
	read -r pid words table <told
	: "$words" "$table"
	echo sum >&3
	status 0 timeout 240 "$stat" --fill "$pid"
	[ ! -s err ] || { cat err; fail "progress, and no terminal"; }
	exec 3>&-
	wait $holder || fail "round $round: the holder fails"
	tail -n 1 told >got
	same got wanted
done

rm -f told
timeout -s KILL 120 "$run" "$builddir/tests/tools/holder" data <in >told &
exec 3>in
until [ -s told ]; do sleep 0.01; done
read -r pid words table <told
script -qec "'$stat' --fill $pid" typescript >/dev/null </dev/null
says typescript "$pid holder: "
exec 3>&-
wait
