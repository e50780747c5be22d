#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a record that cannot be written is said once, nothing that is no
# record is overwritten, and the program runs on; also when the disk is full.
. "${UL_SRCDIR:-.}/tests/preload/trace-lib.sh"

# refused FILE WORDS
refused()
{
	touch_lazy --record "$1" -- block 0
	same out wanted
	says err "$2"
	equal "$(grep -c '^uffdlazy' err)" 1 "lines about $1"
	equal "$(faults 'the file')" $frames "faults"
}

touch_plain block 0 >wanted
refused "$work/no-folder/trace" 'No such file or directory; first touches are not recorded'
echo precious >book
refused "$work/book" 'is there and is not a record'
says book precious
[ ! -e book.new ] || fail "book.new was made"
echo precious >new.new
refused "$work/new" 'is there and is not a record'
says new.new precious
[ ! -e new ] || fail "new was made"
mkdir folder
refused "$work/folder" 'is there and is not a record'
mkfifo fifo
refused "$work/fifo" 'is there and is not a record'
ln -s "$work/book" link.new
refused "$work/link" 'Too many levels of symbolic links'
says book precious

# No room for a single fill: said when it is not had, and when it is missed;
# what there is of it is whole.
(
	ulimit -f 4096
	"$run" -p policy.json --record "$work/full" -- \
		"$programs/toucher" "$file" block 0 >out 2>err
)
same out wanted
says err 'File too large; it is not continued beyond the room that it has'
says err 'full after 1 regions and 0 fills'
equal "$(grep -c '^uffdlazy' err)" 2 "lines about the full disk"
"$show" full >lines
grep -q '^command toucher pid .* flags 1 finished$' lines || fail "not marked"
touch_lazy --replay "$work/full" -- block 0
same out wanted
silent

# A record that tells something is not given up for one that does not.
touch_lazy --record "$work/kept" -- block 0
cp kept before
(
	ulimit -f 4096
	"$run" -p policy.json --record "$work/kept" -- \
		"$programs/toucher" "$file" block 0 >out 2>err
)
same out wanted
says err "record: nothing was recorded; $work/kept stays as it was"
same kept before
# Also by one that closes its standard error, as all of coreutils do.
(
	ulimit -f 4096
	UFFDLAZY_SUMMARY=1 "$run" --zero --record "$work/kept" -- \
		dd if=plain of=/dev/null bs=2M count=1 status=none 2>err
)
says err "record: nothing was recorded; $work/kept stays as it was"
same kept before
[ ! -e kept.new ] || fail "kept.new is left"
