#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the same through a rule: the program maps one file and gets the
# bytes of a blob that lies elsewhere.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need look

make_words words
cp words plain
mkdir elsewhere
"$pack" --quiet words -o elsewhere/list.zst
# The file that is mapped has the size and none of the words.
truncate -s 0 words
truncate -s "$(stat -c %s plain)" words
cat >policy.json <<-'END'
	{ "version": 1,
	  "stores": { "list": { "type": "blob", "path": "elsewhere/list.zst" } },
	  "rules": [ { "name": "dictionary",
	    "match": { "call": "mmap-file", "path": "**/words" },
	    "store": "list" } ] }
END
sample_words plain >sample
[ "$(wc -l <sample)" -eq 200 ] || fail "these are not 200 words"
while IFS= read -r word; do
	look "$word" plain >wanted || :
	"$run" -p policy.json look "$word" words >got || :
	cmp wanted got || fail "another answer for '$word'"
done <sample
look zebra plain >wanted
[ -s wanted ] || fail "no zebra"
"$run" -p policy.json look zebra words | cmp - wanted
