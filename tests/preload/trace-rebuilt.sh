#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a record is good for another build of the program, with other
# addresses, for it knows a call site by its names.
. "${UL_SRCDIR:-.}/tests/preload/trace-lib.sh"
need nm

address()
{
	nm "$1" | sed -n 's/ [tT] map_file$//p'
}
[ "$(address "$programs/toucher")" != "$(address "$programs/toucher_rebuilt")" ] ||
	fail "the two builds do not differ"
mkdir old new
cp "$programs/toucher" old/toucher
cp "$programs/toucher_rebuilt" new/toucher

program=$work/old/toucher
touch_lazy --record "$work/trace" -- block 0
program=$work/new/toucher
touch_lazy --replay "$work/trace" -- wait "$pages" block 256
silent
equal "$(faults 'the file')" 0 "faults of the file"
equal "$(faults 'the block')" 768 "faults of the block"
