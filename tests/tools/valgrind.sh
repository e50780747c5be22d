#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the tools read no byte that was not written, write none that is
# not theirs, and lose no memory: when all is well, and when they refuse.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need valgrind
[ -z "${SANITIZED:-}" ] || skip "tool: valgrind and a sanitizer exclude each other"

# checked STATUS COMMAND...: 99 is what valgrind found.
checked()
{
	wanted=$1
	shift
	got=0
	valgrind -q --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite --show-leak-kinds=definite \
		"$@" >out 2>err || got=$?
	[ "$got" -eq "$wanted" ] ||
		{ cat out err >&2; fail "exit status $got, not $wanted: $*"; }
	if grep -q '^==[0-9]*==' err; then
		cat err >&2
		fail "valgrind says something of: $*"
	fi
}

seq 40000 >text
cp text original
checked 0 "$pack" -q --frame 16KiB text
checked 0 "$pack" -q --codec lz4 text -o text.lz4
checked 0 "$pack" --list text.zst
checked 0 "$pack" --verify text.lz4
checked 0 "$pack" -q --unpack text.zst -o unpacked
same text unpacked
checked 0 "$pack" -q --replace --force text
checked 0 "$pack" -q --unpack text.zst -o - --force
same out original
cp text.lz4 damaged
printf 'xxxx' | dd of=damaged bs=1 seek=1000 conv=notrunc 2>dd.err
checked 1 "$pack" --verify damaged
checked 1 "$pack" --list original
checked 2 "$pack" --frame 1 original

make=$builddir/tests/tools/make_stat
"$make" good.stat good
"$make" strings.stat strings
"$make" indices.stat indices
"$make" magic.stat magic
"$builddir/tests/tools/make_trace" record good
checked 0 "$stat" ./good.stat
checked 0 "$stat" --callers ./strings.stat
checked 0 "$stat" --heatmap ./good.stat
checked 0 "$stat" --json ./indices.stat
checked 0 "$stat" --openmetrics ./good.stat
checked 1 "$stat" ./magic.stat
checked 0 "$stat" --svg=- --trace=record
checked 0 "$stat"

cat >policy.json <<'END'
{ "version": 1,
  "stores": { "words": { "type": "blob", "path": "text.zst" } },
  "rules": [ { "match": { "call": "malloc", "size": { "min": "1MiB" } },
	       "store": "words" } ] }
END
checked 0 "$check" policy.json
checked 0 "$check" policy.json --explain call=malloc,size=64MiB --json
echo '{ "version": 1, "rulez": [] }' >bad.json
checked 1 "$check" bad.json
# uffdlazy-run becomes the program, which valgrind goes on with.
checked 0 "$run" -p policy.json -- true
checked 1 "$run" -p bad.json -- true
checked 127 "$run" --zero -- ./not-there
