#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what a record tells is filled before it is touched, and nothing
# else is: of a file all of it, to its last page, wherever it lies by then, of zeros
# what was written. A
# record that is written while it is replayed has all of it again.
. "${UL_SRCDIR:-.}/tests/preload/trace-lib.sh"

touch_plain block 0 >wanted
touch_lazy --record "$work/trace" -- block 0
equal "$(faults 'the file')" $frames "faults of the file without a replay"
equal "$(faults 'the block')" 1024 "faults of the block without a replay"
equal "$(replayed 'the file')" 0 "bytes replayed without a record"

# The program waits until all is there that it will touch.
touch_lazy --replay "$work/trace" -- wait "$pages" block 256
same out wanted
silent
equal "$(faults 'the file')" 0 "faults of the file"
equal "$(replayed 'the file')" $((pages * 4096)) "bytes of the file"
equal "$(number stat.json .totals.readahead_bytes)" 0 "readahead"
# What was read of zeros is not there.
equal "$(replayed 'the block')" $((256 * 4096)) "bytes of the block"
equal "$(faults 'the block')" 768 "faults of the block"
"$stat" ./stat.file >text
says text 'that an earlier run has touched'

# One file for both, three times; the first run has no record to replay.
policy ', "record": "both", "replay": "both"'
touch_lazy -- block 0
silent
for round in 1 2; do
	touch_lazy -- wait "$pages" block 256
	same out wanted
	silent
	equal "$(faults 'the file')" 0 "faults of the file in round $round"
	equal "$(replayed 'the block')" $((256 * 4096)) "in round $round"
done
"$show" both >lines
equal "$(grep -c '^fill region 0 .* replay$' lines)" $frames "replayed fills"
[ ! -e both.new ] || fail "both.new is left"

# What MAP_FIXED has put there, and mremap(2) elsewhere, is known again.
touch_lazy --record "$work/moved" -- fixed
touch_lazy --replay "$work/moved" -- fixed wait "$pages"
silent
equal "$(faults 'the file')" 0 "faults of what was moved"

# The option goes before the policy.
rm -f both.new
touch_lazy --record "$work/other" --replay "$work/trace" -- wait "$pages"
silent
[ -s other ] || fail "--record was not heard"
