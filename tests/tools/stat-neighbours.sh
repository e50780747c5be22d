#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: processes of several pid namespaces may publish in one folder. None
# takes away what one of another has there: neither with what is gone, nor when
# it ends and the other has its number.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need unshare
need_userfaultfd
unshare --pid --fork --mount-proc true 2>err ||
	skip "user: may not make namespaces: $(cat err)"

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
mkdir run
seq -w 100000 >data
mkfifo in one two
trap 'exec 3>&- 4>&- 5>&-; cd / && rm -rf "$work"' EXIT

# begin FIFO COMMAND...: a holder that reads it, begun by COMMAND.
begin()
{
	fifo=$1
	shift
	"$@" "$run" "$builddir/tests/tools/holder" data <"$fifo" \
		>"$fifo.told" 3>&- 4>&- &
}

begin in env
outside=$!
exec 3>in
until [ -s in.told ]; do sleep 0.01; done

# Number 1 of its namespace takes away what is gone there, once it has mail.
ln -s gone "$folder/4194304"
begin one unshare --pid --fork --mount-proc
first=$!
exec 4>one
until [ -s one.told ]; do sleep 0.01; done
echo fork >&4
until [ ! -L "$folder/4194304" ]; do sleep 0.01; done
[ -f "$folder/$outside" ] || fail "it has removed one of those outside"

# Another number 1 has the name by the time that this one ends.
begin two unshare --pid --fork --mount-proc
second=$!
exec 5>two
until [ -s two.told ]; do sleep 0.01; done
exec 4>&-
wait $first || fail "the first ends by $?"
[ -f "$folder/1" ] || fail "it has removed what another number 1 has"
[ -f "$folder/$outside" ] || fail "one of those outside is gone"

status 0 "$stat" 1
says out '1 holder: running'
status 0 timeout 60 "$stat" --fill $outside
says out 'filled in'

# Its own it does take away.
exec 5>&-
wait $second || fail "the second ends by $?"
[ ! -e "$folder/1" ] || fail "what it had is still there"
