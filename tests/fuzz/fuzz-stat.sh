#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: replay of the fuzzer of what uffdlazy-stat reads, over statistics
# and records, what fuzzing found worth keeping, and a fixed set of changes.
set -u
: "${UL_SRCDIR:?}" "${UL_BUILDDIR:?}"
folder=$(mktemp -d "${TMPDIR:-/tmp}/fuzz-stat.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
LC_ALL=C
export LC_ALL
for kind in good answers strings; do
	"$UL_BUILDDIR/tests/tools/make_stat" "$folder/$kind" "$kind" || exit 1
done
for kind in text outside; do
	"$UL_BUILDDIR/tests/tools/make_trace" "$folder/$kind" "$kind" || exit 1
done
"$UL_BUILDDIR/fuzz_stat" "$folder"/* "$UL_SRCDIR"/tests/fuzz/corpus/stat/*
