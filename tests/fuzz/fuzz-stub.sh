#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: replay of the stub fuzzer over a real stub, what fuzzing found
# worth keeping, and a fixed set of changes to each.
set -u
: "${UL_SRCDIR:?}" "${UL_BUILDDIR:?}"
folder=$(mktemp -d "${TMPDIR:-/tmp}/fuzz-stub.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
head -c 30000 "$UL_BUILDDIR/fuzz_stub" >"$folder/stub"
"$UL_BUILDDIR/uffdlazy-pack" -q --replace "$folder/stub" || exit 1
"$UL_BUILDDIR/fuzz_stub" "$folder/stub" "$UL_SRCDIR"/tests/fuzz/corpus/stub/*
