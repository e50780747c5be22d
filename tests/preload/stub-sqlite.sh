#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: sqlite3 opens a database for writing, reads its header, and maps
# the rest if told to. A stub is read-only to it, as on a read-only disk.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"
need sqlite3

sqlite3 base "create table t(a, b); with recursive c(x) as
	(select 1 union all select x + 1 from c where x < 50000)
	insert into t select x, 'text ' || (x * 7919 % 100003) from c;
	create index i on t(b);"
cp base plain
mv base words
"$pack" -q --force --replace words
same count "sqlite3 \$file 'select count(*), sum(a) from t'"
same index "sqlite3 \$file \"select * from t where b = 'text 77'\""
same mapped "sqlite3 \$file 'pragma mmap_size = 100000000;
	select sum(length(b)) from t; pragma integrity_check'"
if lazily sqlite3 words "insert into t values (1, 2)" 2>said; then
	fail "it was written to"
fi
grep -q readonly said || fail "it does not say that it is read-only"
