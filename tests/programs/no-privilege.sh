#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a user who may not use userfaultfd has the same bytes, filled at
# once; nothing fails for it.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need setpriv
[ "$(id -u)" -eq 0 ] || skip "user: needs root, to play another user"
[ "$(cat /proc/sys/vm/unprivileged_userfaultfd)" -eq 0 ] ||
	skip "kernel: every user may use userfaultfd here"

chmod 755 "$work"
mkdir tree tree/.libs
cp "$run" "$programs/index_table" tree/
cp "$library" "$builddir/.libs/uffdlazy-engine.so" tree/.libs/
head -c 8M /dev/urandom >table.bin
cat >policy.json <<-'END'
	{ "version": 1,
	  "stores": { "table": { "type": "file", "path": "table.bin" } },
	  "rules": [ { "match": { "call": "malloc", "caller": "build_index" },
	    "store": "table" } ] }
END
chmod -R a+rX .
mkdir --mode=777 theirs
status 0 setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
	env UFFDLAZY_STATS="$work/theirs/numbers" \
	tree/uffdlazy-run -p policy.json tree/index_table 8388608
cat err
same table.bin out
[ -e theirs/numbers ] || fail "it was not preloaded at all"
