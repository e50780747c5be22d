#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the call stack is walked by the tables of the program's code, and hand-
# written ones are wrong at times. A wrong one ends the walk, not the program; what
# is like it in compilers' code, where the stack is aligned, and in a signal's frame
# ends nothing.
. "${UL_SRCDIR:-.}/tests/lib.sh"

head -c 4M /dev/zero | tr '\0' t >table.bin
program=$builddir/tests/preload/frame_tables
"$program" >/dev/null || skip "tool: not for this machine"
for case in wrong:wrong aligned:outermost signal:outermost 'long:long_n*name'; do
	policy='{ "version": 1,
	  "stores": { "table": { "type": "file", "path": "table.bin" } },
	  "rules": [ { "match": { "call": "malloc", "caller": "'${case#*:}'" },
	               "store": "table" } ] }'
	got=$(timeout -s KILL 240 env UFFDLAZY_POLICY="$policy" \
		LD_PRELOAD="$library" "$program" "${case%:*}") ||
		fail "it was ended, or failed" "$case"
	[ "$got" = tttttttttttttttttttt ] ||
		fail "not the store's bytes every time, but '$got'" "$case"
done

# The program itself, by its path and by its name, however it was called.
for object in "$program" frame_tables; do
	policy='{ "version": 1,
	  "stores": { "table": { "type": "file", "path": "table.bin" } },
	  "rules": [ { "match": { "call": "malloc", "object": "'$object'" },
	               "store": "table" } ] }'
	got=$(PATH=$builddir/tests/preload:$PATH timeout -s KILL 240 env \
		UFFDLAZY_POLICY="$policy" LD_PRELOAD="$library" \
		frame_tables long) || fail "it failed" "$object"
	[ "$got" = tttttttttttttttttttt ] || fail "\"object\" does not match" \
		"$object: '$got'"
done
