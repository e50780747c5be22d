#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a program that exports json_loads, ZSTD_decompress and unw_step
# does not get our calls of them, though we use all of it in its process.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"

nm -D "$programs/foreign_symbols" | grep -q ' T json_loads' ||
	fail "the program does not export them"
seq -w 1000000 | head -c 4M >plain
for codec in zstd lz4; do
	"$pack" --quiet --force plain --codec "$codec" -o blob
	"$run" -p '{ "version": 1, "stores": { "packed": { "type": "blob",
		"path": "blob" } }, "rules": [ { "match": { "call": "malloc",
		"caller": "build_index" }, "store": "packed" } ] }' \
		"$programs/foreign_symbols" >got
	same plain got
done
