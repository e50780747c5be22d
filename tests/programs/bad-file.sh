#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: an allocation whose file cannot be read fails as malloc does, with
# one line that names the file; it never gives zeros for the file's bytes.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"

cat >policy.json <<-'END'
	{ "version": 1,
	  "stores": { "table": { "type": "file", "path": "table.bin" } },
	  "rules": [ { "match": { "call": "malloc", "caller": "build_index" },
	    "store": "table" } ] }
END
refused()
{
	status 1 "$run" -p policy.json "$programs/index_table" 2097152
	[ ! -s out ] || fail "$1: it got bytes"
	[ "$(grep -c '^uffdlazy: store table: .*table.bin' err)" -eq 1 ] ||
		{ cat err; fail "$1: not one line"; }
}
refused missing
mkdir table.bin
refused 'a folder'
