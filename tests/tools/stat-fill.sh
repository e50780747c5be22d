#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: memory that nobody has touched cannot be read by a debugger, nor be
# in a core file. After --fill it is, byte for byte: unpacked frames, a last
# page, and zeros. What is mapped later is missing until it is asked for again.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need gdb gcore jq
need_userfaultfd

seq -w 1000000 >data
echo odd >>data
cp data original
size=$(wc -c <original)
"$pack" --quiet --replace data
mkfifo in
"$run" "$builddir/tests/tools/holder" data <in >told &
exec 3>in
until [ -s told ]; do sleep 0.01; done
read -r pid words table <told

# peek FILE ADDRESS BYTES: what gdb sees there; empty where it cannot.
peek()
{
	rm -f "$1"
	gdb -q -batch -nx -p "$pid" \
		-ex "dump binary memory $1 $2 $2+$3" >gdb.out 2>&1 || true
	[ -e "$1" ] || : >"$1"
}

peek before "$words" 8
[ ! -s before ] || fail "gdb reads what is not there: the test is void"

# One region alone.
status 0 timeout 240 "$stat" --fill "$pid" 2
says out "$pid holder: 4.00MiB filled in "
head -c 4194304 /dev/zero >zeros
peek after "$table" 4194304
same after zeros
peek before "$words" 8
[ ! -s before ] || fail "more was filled than asked for"

status 0 timeout 240 "$stat" --fill "$pid"
peek after "$words" "$size"
same after original
status 0 timeout 240 "$stat" --fill "$pid"
says out 'nothing was missing'
"$stat" --json "$pid" >stat.json
jq -e --argjson size "$size" '.totals.faults_read == 0 and
	.totals.readahead_bytes == 0 and
	.totals.requested_bytes == .totals.filled_bytes and
	.totals.requested_bytes >= $size + 4194304 and
	all(.regions[]; .counters.resident_bytes == .length)' stat.json \
	>/dev/null || { cat stat.json; fail "the numbers are wrong"; }
"$stat" --callers "$pid" >callers
[ "$(awk '$3 == "100%"' callers | wc -l)" -eq 2 ] ||
	{ cat callers; fail "what was asked for counts as touched"; }

# The core file, by the file alone.
gcore -o core "$pid" >gcore.out 2>&1 || { cat gcore.out; fail "gcore"; }
gdb -q -batch -nx "$builddir/tests/tools/holder" "core.$pid" \
	-ex "dump binary memory from.core $words $words+$size" \
	-ex "dump binary memory table.core $table $table+4194304" \
	>gdb.out 2>&1 || { cat gdb.out; fail "gdb cannot read the core file"; }
same from.core original
same table.core zeros

# A mapping that is new, while the process goes on.
echo map >&3
regions()
{
	"$stat" --json "$pid" | jq '.regions | length'
}
until [ "$(regions)" -eq 3 ]; do sleep 0.01; done
status 0 timeout 240 "$stat" --fill "$pid" 3
says out "7.63MiB filled"

exec 3>&-
wait
