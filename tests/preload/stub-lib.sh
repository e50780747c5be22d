# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# stub-lib.sh - what the tests of stubs share, after tests/lib.sh: in a folder
# of its own, `plain` is a text and `words` a stub of the same.

awk 'BEGIN { for (i = 0; i < 100000; i++)
	print "line " i " of some " (i * 7919 % 100003) " words" }' >plain
cp plain words
"$pack" -q --replace words
[ "$(head -c 15 words)" = "uffdlazy-stub 1" ] || fail "no stub was made"

# lazily COMMAND...: preloaded, and killed when it hangs
lazily()
{
	timeout -s KILL 240 env LD_PRELOAD="$library" "$@"
}

# same WHAT COMMAND: a line of shell that reads $file has the same output and
# status, preloaded and on the stub, as without us on the original.
same()
{
	what=$1 wanted=0 found=0
	file=plain sh -c "$2" >wanted.out 2>wanted.err </dev/null || wanted=$?
	file=words lazily sh -c "$2" >found.out 2>found.err </dev/null ||
		found=$?
	[ "$wanted" = 0 ] || fail "$what: fails: $(cat wanted.err)"
	[ "$wanted" = "$found" ] ||
		fail "$what: status $found, not $wanted: $(cat found.err)"
	cmp -s wanted.out found.out || fail "$what: other output"
	sed -i 's/plain/words/g' wanted.err
	cmp -s wanted.err found.err ||
		fail "$what: other complaints: $(cat found.err)"
}
