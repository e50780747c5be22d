#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a process that is killed leaves a record that is whole up to there
# and says that it is not finished; a whole one of before stays. The next run
# begins anew, or takes it where there is no other.
. "${UL_SRCDIR:-.}/tests/preload/trace-lib.sh"

# kill_one: a run that is killed when it has touched everything.
kill_one()
{
	mkfifo ready
	"$run" -p policy.json --record "$work/trace" -- \
		"$programs/toucher" "$file" hang >ready 2>err &
	pid=$!
	grep -m 1 -q ready <ready
	# A thread may go on before its last fill is in the record.
	for _ in $(seq 100); do
		[ "$("$show" trace.new | grep -c '^fill region 0 ')" -lt \
			$frames ] || break
		sleep 0.1
	done
	kill -KILL "$pid"
	wait "$pid" || :
	rm ready
}

kill_one
[ ! -e trace ] || fail "a record of a killed process took the name"
"$show" trace.new >lines
head -n 1 lines | grep -q ' unfinished$' || fail "not unfinished"
equal "$(grep -c '^fill region 0 ' lines)" $frames "fills"
touch_lazy --replay "$work/trace.new" -- wait "$pages"
says err 'is unfinished'
equal "$(faults 'the file')" 0 "faults"

# There is no other: it is kept, and not without a word when it is replayed.
touch_lazy --record "$work/trace" --replay "$work/trace" -- wait "$pages"
says err 'is unfinished'
equal "$(faults 'the file')" 0 "faults"
"$show" trace >whole
head -n 1 whole | grep -q ' finished$' || fail "not finished"
[ ! -e trace.new ] || fail "trace.new is left"

# There is one: it stays.
kill_one
"$show" trace >again
same whole again
touch_lazy --record "$work/trace" -- 
silent
"$show" trace >again
equal "$(grep -c '^fill region 0 .* read$' again)" $frames "fills of the last"

# One that is being written is not another's to write.
mkfifo ready
"$run" -p policy.json --record "$work/trace" -- \
	"$programs/toucher" "$file" hang >ready &
pid=$!
grep -m 1 -q ready <ready
touch_lazy --record "$work/trace" -- block 0
silent
"$show" trace >last
same again last
kill -KILL "$pid"
wait "$pid" || :
