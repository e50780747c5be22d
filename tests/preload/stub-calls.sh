#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: see stub_calls.c: every way to read a file, in a random mixture,
# gives the original's bytes; where a rule takes mapped files with their own
# bytes, and where nothing can be lazy, too.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

# under POLICY SEED [COMMAND...]
under()
{
	policy=$1 seed=$2
	shift 2
	UFFDLAZY_POLICY=$policy lazily "$@" \
		"$builddir/tests/preload/stub_calls" words plain "$seed" ||
		fail "seed $seed under $policy $*"
}

for seed in 1 2 3; do
	"$builddir/tests/preload/stub_calls" plain plain $seed ||
		fail "the test itself, seed $seed"
	under '{ "version": 1 }' $seed
done
self='{ "version": 1, "min_size": "4KiB", "rules": [ { "granule": "64KiB" } ] }'
under "$self" 4
under "$self" 5 "$builddir/no_userfaultfd"
