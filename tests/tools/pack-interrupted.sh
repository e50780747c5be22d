#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a run that is ended by a signal leaves nothing half-made, and dies
# by that signal. The run is known to be in the middle: it waits for a pipe.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

mkfifo pipe ready
text 3000000 >in
for signal in INT TERM HUP KILL; do
	(
		# A shell in the background ignores SIGINT for its children, and
		# under nohup, or as a service, more may be ignored.
		exec env --default-signal=INT,TERM,HUP $pack -q pipe -o blob
	) &
	child=$!
	# Open until told: the reader has everything but the end.
	(exec 4>pipe; cat in >&4; echo >ready; exec sleep 60) &
	writer=$!
	read -r _ <ready
	kill -s $signal $child
	wait $child
	status=$?
	kill $writer 2>/dev/null
	wait $writer 2>/dev/null
	[ $status -gt 128 ] || fail "SIG$signal: status $status"
	leaves in pipe ready
done
