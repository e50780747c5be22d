#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a stub whose blob is gone, or is another one, fails in words, not
# with the zeros of its hole.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
find_python

cat >read.py <<-'END'
	import mmap, sys
	with open(sys.argv[1], "rb") as f:
	    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
	sys.stdout.buffer.write(m[:])
END
seq -w 300000 >words
cp words plain
"$pack" --quiet --replace words
preloaded "$python" read.py words >out
same plain out

refused()
{
	got=0
	preloaded "$python" read.py words >out 2>err || got=$?
	cat err
	[ "$got" -ne 0 ] || fail "$1: the program knows nothing of it"
	[ ! -s out ] || fail "$1: it got bytes"
	says err 'words'
}
mv words.zst away
refused 'no blob'
seq -w 300001 600000 >other
"$pack" --quiet other -o words.zst
refused 'another blob'
head -c 1000 away >words.zst
refused 'half a blob'
mv away words.zst
preloaded "$python" read.py words >out
same plain out
