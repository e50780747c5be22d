#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a rule finds an allocation by the function of a shared library
# that makes it, and the library's name; a part of a file fills it.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"

head -c 9M /dev/urandom >table.bin
policy()
{
	cat >policy.json <<-END
		{ "version": 1,
		  "stores": { "table": { "type": "file", "path": "table.bin",
		    "offset": "4KiB", "length": "8MiB" } },
		  "rules": [ { "name": "hash table",
		    "match": { "call": "malloc", "caller": "build_index",
		      "object": "$1" },
		    "store": "table" } ] }
	END
}
program=$programs/index_table_shared
policy '*libindex.so*'
"$run" -p policy.json "$program" 8388608 >got
tail -c +4097 table.bin | head -c 8M >wanted
same wanted got

policy '*libother.so*'
"$run" -p policy.json "$program" 8388608 >got
head -c 8M /dev/zero >wanted
same wanted got
