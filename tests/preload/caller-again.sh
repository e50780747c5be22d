#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the name of a caller is read from its object's file. Where that could
# not be opened, for want of a descriptor, the rule matches the next time.
. "${UL_SRCDIR:-.}/tests/lib.sh"

head -c 1M /dev/zero | tr '\0' t >table.bin
policy='{ "version": 1,
  "stores": { "table": { "type": "file", "path": "table.bin" } },
  "rules": [ { "match": { "call": "malloc", "caller": "load_table" },
               "store": "table" } ] }'
for ended in "" first; do
	got=$(timeout -s KILL 240 env UFFDLAZY_POLICY="$policy" \
		LD_PRELOAD="$library" "$builddir/tests/preload/caller_again" \
		$ended)
	[ "$got" = t ] ||
		fail "the second table does not begin with its file's bytes" "$ended"
done
