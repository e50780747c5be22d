#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: see stub_calls.c: every way to read a file, in a random mixture,
# gives the original's bytes.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

for seed in 1 2 3 4 5; do
	"$builddir/tests/preload/stub_calls" plain plain $seed ||
		fail "the test itself, seed $seed"
	lazily "$builddir/tests/preload/stub_calls" words plain $seed ||
		fail "seed $seed"
done
