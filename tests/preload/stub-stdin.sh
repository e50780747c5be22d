#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a stream does not see what its descriptor has become: standard
# input reads a stub, whichever call made it one. It stays the FILE it was, and
# what it had buffered comes first; or it says that it cannot. No stream reads
# further ahead than of any other file.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

stdin=$builddir/tests/preload/stub_stdin
for way in dup dup2 dup3 fcntl fcntl-cloexec message freopen; do
	same "$way" "$stdin $way \$file"
	same "$way, of a stub" "$stdin $way \$file <\$file"
	same "$way, with something in it" "seq 5 | $stdin $way \$file after"
	same "$way, with a stub's text in it" "$stdin $way \$file after <\$file"
done

# What cannot be: its wide part is in use, or not where ours would go.
same "freopen of a wide one" "$stdin freopen \$file wide"
for how in "dup2 words wide" "dup2 words elsewhere" "freopen words elsewhere"; do
	# shellcheck disable=SC2086
	if lazily "$stdin" $how >out 2>said </dev/null; then
		fail "$how: $(cat out)"
	fi
	grep -q "^uffdlazy: .* stub" said || fail "$how: $(cat said)"
done

for mode in r rb re; do
	same "freopen without a path, $mode" "$stdin $mode <\$file"
done
# Nobody can write to one.
if lazily "$stdin" r+ <words >out 2>said; then
	fail "reopened for writing"
fi
grep -q "r+: Read-only file system" said || { cat said; fail "no word of why"; }
