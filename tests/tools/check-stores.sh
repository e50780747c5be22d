#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what uffdlazy-check notes of the files that a policy names, though
# a program would run: a blob whose seek table nothing vouches for, a record
# that cannot be written, a replay that is none. They are no problem.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need zstd

# le32 NUMBER: four bytes, the lowest first.
le32()
{
	for shift in 0 8 16 24; do
		# shellcheck disable=SC2059 # an escape is what is made here
		printf "\\$(printf %03o $(($1 >> shift & 255)))"
	done
}
# noted KEY-AND-VALUE TEXT, or nothing noted if there is no TEXT.
noted()
{
	status 0 "$check" "{ \"version\": 1, $1 }"
	if [ $# -gt 1 ]; then
		grep -q '^note' out && tr -s ' \n' '  ' <out | grep -qF -- "$2" ||
			{ cat out; fail "not noted: $2"; }
	elif grep '^note' out; then
		fail "noted, of $1"
	fi
}
blob()
{
	echo "\"stores\": { \"s\": { \"type\": \"blob\", \"path\": \"$1\" } }"
}

seq 30000 >data
"$pack" -q data
zstd -q data -o other.zst
packed=$(stat -c %s other.zst)
{
	le32 $((0x184d2a5e))
	le32 17
	le32 "$packed"
	le32 "$(stat -c %s data)"
	le32 1
	printf '\0'
	le32 $((0x8f92eab1))
} >>other.zst
noted "$(blob data.zst)"
noted "$(blob other.zst)" 'stores.s: its seek table is not sealed'
says out "to change: uffdlazy-pack --unpack $PWD/other.zst -o FILE, then"

"$run" --record real --min-size 64KiB sort -S 16M data >/dev/null
[ -s real ] || skip "kernel: no record was made"
mkdir folder
: >empty
for key in record replay; do
	noted "\"$key\": \"real\""
	noted "\"$key\": \"of-%p\""
	noted "\"$key\": \"folder\"" "$key: $PWD/folder: is not a file"
	noted "\"$key\": \"none/x\"" "$key: $PWD/none"
done
noted '"record": "empty"'
noted '"record": "new"'
noted '"record": "data"' 'data: is there and is not a record'
says out 'to change: name a file that is not there'
noted '"record": "none/x"' 'record:'
says out "to change: mkdir -p $PWD/none"
noted '"record": "%p/x"' 'record:'
says out 'to change: write %p in the last part of the path alone'
noted '"replay": "data"' 'data: is not a record of first touches'
noted '"replay": "new"' 'new: No such file'
says out "to change: uffdlazy-run --record $PWD/new PROGRAM"
head -c 300 real >short
noted '"replay": "short"' 'short: is'
