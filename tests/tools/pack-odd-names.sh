#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a name may hold any byte; the stub's text stays text, and its
# command is still the right one for a shell, as is the one that is said. A name
# cannot steer the terminal, nor is it run by a shell that takes the stub for a
# script.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"
needs bash

PATH=$UL_BUILDDIR:$PATH
text 20000 >original
nl='
'
for name in 'a b' "it's" '$HOME;ls' 'x"y' -q "line${nl}size: 3${nl}12" \
	'a$(touch pwned)' '`touch pwned`' '";touch pwned;"' \
	"$(printf '\377\001\033[31m7')" "100%d's$nl$nl-" 'ü€' 'back\slash' '#' '~' '*'; do
	mkdir d && cd d || fail "mkdir"
	cp ../original "./$name"
	$pack --replace "./$name" 2>said || fail "--replace $name"
	tr -d '\n\040-\176\200-\377' <said | cmp - /dev/null ||
		fail "control characters in the words for $name"
	[ "$(wc -l <said)" = 2 ] || fail "more than two lines for $name"
	head -c 4096 "./$name" | tr -d '\n\040-\176\200-\377' | cmp - /dev/null ||
		fail "control characters in the stub of $name"
	[ "$(head -c 4096 "./$name" | grep -c '^size: ')" -eq 1 ] ||
		fail "more than one size: line for $name"
	command=$(head -c 4096 "./$name" |
		sed -n 's/^    \(uffdlazy-pack .*\)/\1/p')
	cp "./$name" ../stub
	for shell in sh bash; do
		$shell ../stub >/dev/null 2>&1 && fail "$shell runs a stub"
		[ ! -e pwned ] || fail "$shell runs what is in $name"
	done
	for shell in sh bash; do
		cp ../stub "./$name"
		$shell -c "$command" || fail "$shell: $command"
		cmp ../original "./$name" || fail "other bytes: $name"
		cp ../stub "./$name"
		$shell -c "$(sed -n 's/.* bring it back: //p' said)" ||
			fail "$shell: what was said: $(cat said)"
		cmp ../original "./$name" || fail "other bytes: $name"
	done
	cd .. && rm -r d
done
