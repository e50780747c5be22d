#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --replace leaves a stub of the same size, owner, mode and times
# that takes next to no room and names its blob; the command in it brings the
# original back.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

PATH=$UL_BUILDDIR:$PATH
text 2000000 >words
cp words original
chmod 640 words
touch -d '2020-02-02 02:02:02.123456789 UTC' words
before=$(stat -c '%s %a %u %g %y' words)
$pack -q --replace words || fail "--replace"
[ "$(stat -c '%s %a %u %g %y' words)" = "$before" ] ||
	fail "now it is $(stat -c '%s %a %u %g %y' words), was $before"
[ "$(stat -c '%a %u %g %y' words.zst)" = "${before#* }" ] ||
	fail "the blob has other attributes"
[ "$(stat -c %b words)" -lt 200 ] || fail "the stub is not sparse"
[ "$(head -n 1 words)" = "uffdlazy-stub 1" ] || fail "no first line"
head -c 4096 words | grep -qx 'blob: words.zst' || fail "no blob: line"
head -c 4096 words | grep -qx 'size: 2000000' || fail "no size: line"
command=$(head -n 10 words | sed -n 's/^ *\(uffdlazy-pack .*\)/\1/p')
[ "$command" = "uffdlazy-pack --unpack words.zst -o words" ] ||
	fail "the command is: $command"
sh -c "$command" || fail "$command"
cmp words original || fail "other bytes came back"
[ "$(stat -c '%s %a %u %g %y' words)" = "$before" ] ||
	fail "other attributes came back"
