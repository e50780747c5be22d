#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: programs of every kind do the same on the user-mode rung as
# without us, stubs included.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/user-mode-lib.sh"
find_python

awk 'BEGIN { for (i = 0; i < 200000; i++)
	print "line " i " of some " (i * 7919 % 100003) " words" }' >plain
cp plain words
"$pack" -q --replace words
chmod 644 plain words words.zst

# alike WHAT COMMAND...: the same output as without us
alike()
{
	what=$1
	shift
	"$@" >wanted </dev/null || fail "$what: fails without us"
	theirs "$@" >found </dev/null || fail "$what: fails: $(cat said)"
	cmp wanted found || fail "$what: other output"
}

alike sort sort -k5n plain
was_lazy sort
alike python3 "$python" -c '
import os, mmap, subprocess
big = bytearray(8 << 20)
with open("plain", "rb", 0) as f:
    print(f.readinto(big), sum(big))
m = mmap.mmap(-1, 4 << 20)
fd = os.open("plain", os.O_RDONLY)
print(os.readv(fd, [m]), m[:20], m[-20:])
r, w = os.pipe()
if os.fork() == 0:
    os.write(w, bytearray(100000))
    os._exit(0)
os.close(w)
print(sum(len(x) for x in iter(lambda: os.read(r, 1 << 20), b"")))
print(len(subprocess.run(["cat", "plain"], capture_output=True).stdout))
print(sum(map(len, open("plain"))))'
was_lazy python3
alike dd dd if=plain bs=1M status=none
was_lazy dd
if command -v perl >/dev/null; then
	alike perl perl -e 'open F, "<plain"; read F, $b, 5000000;
		print length $b, "\n"; $x = "y" x 3000000; print $x;
		syswrite STDOUT, $x; print join ",", sort split " ", $b'
	was_lazy perl
fi
if command -v xz >/dev/null; then
	alike xz xz -1 -c plain
	was_lazy xz
fi
theirs cat words >found || fail "a stub: $(cat said)"
cmp plain found || fail "a stub: other bytes"
theirs sort words >found || fail "a sorted stub: $(cat said)"
sort plain | cmp - found || fail "a sorted stub: other bytes"
