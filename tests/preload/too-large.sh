#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what can only fail, an allocation of more than PTRDIFF_MAX, fails as it
# does without us, and for that nobody walks the call stack: the one call site is
# that of the block that was had.
. "${UL_SRCDIR:-.}/tests/lib.sh"

program=$builddir/tests/preload/too_large
"$program" || fail "it is not right without us"
policy='{ "version": 1, "min_size": "64KiB", "rules": [
  { "match": { "call": ["malloc", "mmap-anon"] }, "store": "zero" } ] }'
timeout -s KILL 240 env UFFDLAZY_POLICY="$policy" UFFDLAZY_STATS=stats \
	LD_PRELOAD="$library" "$program" 2>err || { cat err; fail "it differs"; }
[ ! -s err ] || { cat err; fail "words on standard error"; }
"$builddir/tests/preload/numbers" stats >numbers
grep -qx callsites=1 numbers || { cat numbers; fail "the stack was walked"; }
