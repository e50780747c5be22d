#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: ripgrep, written in Rust, maps and scans a whole packed file.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need rg

make_words words
cp words plain
"$pack" --quiet --replace words
rg --mmap -n 'zeb.a' plain >wanted
[ -s wanted ] || fail "nothing to find"
preloaded rg --mmap -n 'zeb.a' words >got
same wanted got
rg --mmap --count-matches -a '[aeiou]' plain >wanted
preloaded rg --mmap --count-matches -a '[aeiou]' words >got
same wanted got
