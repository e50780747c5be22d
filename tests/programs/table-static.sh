#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a rule finds an allocation by the static function that makes it;
# the table has the file's bytes, and another allocation of that size zeros.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"

head -c 8M /dev/urandom >table.bin
cat >policy.json <<-'END'
	{ "version": 1,
	  "stores": { "table": { "type": "file", "path": "table.bin" } },
	  "rules": [ { "name": "hash table",
	    "match": { "call": "malloc", "caller": "build_index" },
	    "store": "table" } ] }
END
"$run" -p policy.json "$programs/index_table" 8388608 >got
same table.bin got

# A table longer than its store ends in zeros.
"$run" -p policy.json "$programs/index_table" 9437184 >got
{ cat table.bin; head -c 1M /dev/zero; } >wanted
same wanted got
