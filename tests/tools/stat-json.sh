#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: programs read --json; every key of it is in the manual page.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq

"$builddir/tests/tools/make_stat" file good
status 0 "$stat" --json -f file
jq -e '.version == 1 and .pid == 4194305 and .running == false and
	.totals.faults_read == 90 and .totals.replayed_bytes == 2097152 and
	.lazy_bytes == 12582912 and
	(.regions | length) == 2 and .regions[0].start == "0x7f0001000000" and
	.regions[0].rule == "hash table" and .regions[0].callsite == 0 and
	.regions[1].callsite == null and
	.regions[1].path == "/usr/share/dict/words" and
	.rules[1].name == "dictionary" and
	.callsites[0].frames[1].function == "main" and
	.latency == [[8192, 90], [262144, 10]]' out >/dev/null ||
	{ cat out; fail "not what was written"; }

for key in $(jq -r '[.. | objects | keys[]] | unique[]' out); do
	grep -q "\\b$key\\b" "$srcdir/man/uffdlazy-stat.1" ||
		fail "key $key is not in uffdlazy-stat(1)"
done

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
mkdir -p "$folder"
"$builddir/tests/tools/make_stat" "$folder/4194305" good
status 0 "$stat" --all --json
jq -e '.version == 1 and
	(.processes[] | select(.pid == 4194305) | .totals.fills == 95)' out \
	>/dev/null || { cat out; fail "not in the list"; }

# A disk that is full is no lack of memory.
status 1 sh -c '"$1" --json >/dev/full' sh "$stat"
says err 'cannot write: No space left on device'
grep -q memory err && fail "it is said to be memory"
exit 0
