#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: in a pid namespace of its own a process has a number that is
# another's here. It is found all the same, and filled; and once it was killed,
# nothing is waited for, whoever has that number.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need unshare
need_userfaultfd
# alone COMMAND...: without what others publish under the same numbers.
alone()
{
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$@"' \
		sh "$@"
}
alone unshare --pid --fork true 2>err ||
	skip "user: may not make namespaces: $(cat err)"

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
mkdir run
seq -w 100000 >data
mkfifo in
unshare --pid --fork "$run" "$builddir/tests/tools/holder" data <in >told &
holder=$!
exec 3>in
trap 'exec 3>&-; cd / && rm -rf "$work"' EXIT
until [ -s told ]; do sleep 0.01; done

status 0 alone "$stat" 1
says out '1 holder: running'
says out 'another pid namespace; here it is process '
here=$(sed -n 's/.*here it is process //p' out)
[ "$(readlink "/proc/$here/exe")" != "$(readlink /proc/$$/exe)" ] ||
	fail "process $here is another"
status 0 alone "$stat" --no-header
says out holder
status 0 alone timeout 60 "$stat" --fill 1
says out 'filled in'

kill -KILL "$here"
wait $holder || :
status 0 alone "$stat" --no-header
[ ! -s out ] || fail "it runs on"
status 1 alone timeout 60 "$stat" --fill 1
says err 'process 1 of another pid namespace cannot be seen from here'
