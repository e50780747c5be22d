#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: whoever asks for a fill that cannot be done is told why, at once,
# and the exit status says so: no such process, not preloaded, an older library,
# one that cannot be asked, stopped, another's, being filled already, a region
# that is not there. What the process answers is not believed.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need_userfaultfd

make=$builddir/tests/tools/make_stat
XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
mkdir -p "$folder"
sleep 1000 &
sleeper=$!
trap 'kill -KILL $sleeper 2>/dev/null || :; cd / && rm -rf "$work"' EXIT

refused()
{
	status 1 "$stat" --fill "$1"
	says err "uffdlazy-stat: $2"
	[ ! -s out ] || fail "it claims to have filled something"
}
refused 4194305 'there is no process 4194305'
refused $$ "process $$ publishes no statistics: it was not started with"
"$make" "$folder/$sleeper" reused "$sleeper"
refused $sleeper "process $sleeper has ended"
"$make" "$folder/$sleeper" older "$sleeper"
refused $sleeper "process $sleeper runs with an older uffdlazy"
"$make" "$folder/$sleeper" deaf "$sleeper"
refused $sleeper "process $sleeper cannot be asked: this takes Linux 5.16"

"$make" "$folder/$sleeper" answers "$sleeper"
refused $sleeper "process $sleeper cannot fill 16.0EiB of it: ????"
LC_ALL=C grep -q '[[:cntrl:]]' err && fail "a control character gets through"

"$make" "$folder/$sleeper" good "$sleeper"
kill -STOP $sleeper
until grep -q 'State:.T' /proc/$sleeper/status; do sleep 0.01; done
refused $sleeper "process $sleeper is stopped; let it go on first"
kill -CONT $sleeper
flock "$folder/$sleeper" "$stat" --fill $sleeper 2>err && fail "two at once"
says err "process $sleeper is being filled already"
status 1 "$stat" --fill $sleeper 7
says err 'has no region 7'

# It ends while it is waited for. Nobody in it answers.
cp "$folder/$sleeper" unasked
"$stat" --fill $sleeper >out 2>err &
asker=$!
until ! cmp -s "$folder/$sleeper" unasked; do sleep 0.01; done
kill $sleeper
got=0
wait $asker || got=$?
[ $got -eq 1 ] || fail "exit status $got"
says err "process $sleeper has ended before all was filled"

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$stat" --fill $$ 2>err && fail "another user's"
	says err "process $$ belongs to user 0, not to user 65534"
fi
