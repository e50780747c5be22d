#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: python3's mmap module finds, slices and compares in a packed file.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
find_python

make_words words
cp words plain
"$pack" --quiet --replace words
cat >look.py <<-'END'
	import mmap, sys
	with open(sys.argv[1], "rb") as f:
	    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
	print(len(m), m.find(b"\nzebra\n"), m.rfind(b"\naardvark\n"))
	print(m[:100], m[-100:], m[len(m) // 2:][:100])
END
"$python" look.py plain >wanted
preloaded "$python" look.py words >got
same wanted got
grep -q -- ' -1' got && fail "a word was not found"
exit 0
