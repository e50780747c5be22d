#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the main promise. look(1) answers from a packed word list, without
# any policy, byte for byte as from the plain one, for words from all over it.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need look

make_words words
cp words plain
"$pack" --quiet --replace words
cmp -s words plain && fail "the words were not replaced"
sample_words plain >sample
[ "$(wc -l <sample)" -eq 200 ] || fail "not 200 words"
found=0
while IFS= read -r word; do
	look "$word" plain >wanted || :
	preloaded look "$word" words >got || :
	cmp wanted got || fail "another answer for '$word'"
	if [ -s wanted ]; then
		found=$((found + 1))
	fi
done <sample
[ "$found" -ge 150 ] || fail "only $found words are found in the plain list"
