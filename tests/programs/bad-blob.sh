#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a blob that is missing, empty, foreign, cut short or damaged never
# gives an invented byte: the mapping fails, or the page that is touched gives
# SIGBUS; a line says which store and why.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need_userfaultfd

cat >read.py <<-'END'
	import mmap, sys
	with open(sys.argv[1], "rb") as f:
	    m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
	sys.stdout.buffer.write(m[:])
END
find_python
seq -w 300000 >plain
"$pack" --quiet plain -o good.zst
cat >policy.json <<-'END'
	{ "version": 1,
	  "stores": { "packed": { "type": "blob", "path": "blob" } },
	  "rules": [ { "match": { "call": "mmap-file", "path": "**/plain" },
	    "store": "packed" } ] }
END
attempt()
{
	got=0
	"$run" -p policy.json "$python" read.py plain >out 2>err || got=$?
}

# A store that cannot be opened: no mapping, and the program hears of it.
unopened()
{
	attempt
	[ "$got" -eq 1 ] || { cat err; fail "$1: exit status $got"; }
	[ ! -s out ] || fail "$1: it got bytes"
	says err 'uffdlazy: store packed'
	says err 'Input/output error'
}
rm -f blob
unopened missing
: >blob
unopened empty
cp plain blob
unopened foreign
head -c $(($(stat -c %s good.zst) - 20)) good.zst >blob
unopened 'cut short'

# A frame that is damaged: SIGBUS, when it is touched.
cp good.zst blob
printf '\377\377\377\377' | dd of=blob bs=1 seek=3000 conv=notrunc status=none
attempt
[ "$got" -eq 135 ] || { cat err; fail "damaged: exit status $got, not SIGBUS"; }
says err packed
cmp -s plain out && fail "damaged: right all the same?"

cp good.zst blob
attempt
[ "$got" -eq 0 ] || { cat err; fail "the whole blob: exit status $got"; }
same plain out
