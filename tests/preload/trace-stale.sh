#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a record that is not this run's, or not whole, does no harm, and is
# never taken for a good one without a word.
. "${UL_SRCDIR:-.}/tests/preload/trace-lib.sh"

# told TRACE WORDS: the bytes are right, and one line says what is wrong. On a
# busy machine the program may be done before its record was read; that run
# tells nothing.
told()
{
	for try in 1 2 3 4 5 6 7 8 9 10; do
		touch_lazy --replay "$work/$1" -- block 0
		same out wanted
		! grep -q '^uffdlazy' err || break
	done
	says err "$2"
	equal "$(grep -c '^uffdlazy' err)" 1 "lines about $1"
}
# none TRACE WORDS: and nothing is replayed.
none()
{
	told "$@"
	equal "$(number stat.json .totals.replayed_bytes)" 0 "replayed of $1"
}
patch()
{
	cp trace "$1"
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

touch_plain block 0 >wanted
touch_lazy --record "$work/trace" -- block 0

none not-there 'No such file or directory; nothing is replayed'
: >empty
none empty 'is not a record of first touches; nothing is replayed'
head -c 100000 /dev/urandom >garbage
none garbage 'is not a record of first touches'
mkdir folder
none folder 'is not a file'
head -c "$(($(wc -c <trace) - 1))" trace >short
none short 'is cut short; nothing is replayed'
patch version 8 '\002'
none version 'has another version of the format'
patch table 264 '\377\377\377\377\377\377\377\377'
none table 'is damaged; nothing is replayed'
patch program 56 'b'
none program 'is of another program'

# Some of it is of no use, and is left out.
patch fill $((4096 + 4096 * 1024 + 17)) '\377'
told fill 'is damaged; what of it makes sense is replayed'
patch unfinished 48 '\0\0\0\0\0\0\0\0'
told unfinished 'is unfinished'

# Other call sites.
sed 's/map_file@/mop_file@/g; s/make_block@/moke_block@/g' trace >renamed
none renamed 'has nothing that fits this run'

# Another store of the same name, and one that is as long but begins elsewhere.
head -c 8388000 plain >plain2
"$pack" --quiet plain2 -o packed2.zst
policy "" packed2.zst
truncate -r plain plain2
mv plain plain.whole && mv plain2 plain
touch_plain block 0 >wanted
told trace 'rule the file: had another store when it was recorded'
equal "$(replayed 'the file')" 0 "replayed from another store"
mv plain.whole plain
policy "" packed.zst

# A mapping that is shorter than it was.
truncate -s 4M holes/data
head -c 4194304 plain >plain2
mv plain plain.whole && mv plain2 plain
touch_plain block 0 >wanted
told trace 'rule the file: a region is shorter than it was'
