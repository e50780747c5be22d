#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: replay of the fuzzer of records, as the engine reads them, over
# good ones, what fuzzing found worth keeping, and a fixed set of changes.
set -u
: "${UL_SRCDIR:?}" "${UL_BUILDDIR:?}"
folder=$(mktemp -d "${TMPDIR:-/tmp}/fuzz-trace.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
for kind in few good outside text; do
	"$UL_BUILDDIR/tests/tools/make_trace" "$folder/$kind" "$kind" || exit 1
done
"$UL_BUILDDIR/fuzz_trace" "$folder"/* "$UL_SRCDIR"/tests/fuzz/corpus/trace/*
