#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a fork's child has a statistics file and threads of its own, also
# when its parent had one that fills; it is filled alone.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq
need_userfaultfd

seq -w 200000 >data
"$pack" --quiet --replace data
mkfifo in
"$run" "$builddir/tests/tools/holder" data <in >told &
exec 3>in
until [ -s told ]; do sleep 0.01; done
read -r pid words table <told
: "$words" "$table"
status 0 timeout 240 "$stat" --fill "$pid" 2
echo fork >&3
until grep -q '^child' told; do sleep 0.01; done
child=$(awk '/^child/ { print $2 }' told)

status 0 timeout 240 "$stat" --fill "$child"
says out "$child holder: 1.34MiB filled"
missing()
{
	"$stat" --json "$1" |
		jq '[.regions[] | .length - .counters.resident_bytes] | add'
}
[ "$(missing "$child")" -eq 0 ] || fail "the child is not filled"
[ "$(missing "$pid")" -gt 1000000 ] || fail "the parent is, which was not asked"
status 0 timeout 240 "$stat" --fill "$pid"
says out "$pid holder: 1.34MiB filled"

exec 3>&-
wait
