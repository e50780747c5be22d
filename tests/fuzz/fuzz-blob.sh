#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: replay of the blob fuzzer over every blob of blob_cases.c, over
# what fuzzing found worth keeping, and a fixed set of changes to each.
set -u
: "${UL_SRCDIR:?}" "${UL_BUILDDIR:?}"
folder=$(mktemp -d "${TMPDIR:-/tmp}/fuzz-blob.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
"$UL_BUILDDIR/test_seekable" "$folder" || exit 1
"$UL_BUILDDIR/fuzz_blob" "$folder"/* "$UL_SRCDIR"/tests/fuzz/corpus/blob/*
