#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a file that is damaged, or made to hurt, is refused in words; it
# never crashes the reader, and sends nothing to the terminal.
. "${UL_SRCDIR:-.}/tests/lib.sh"

make=$builddir/tests/tools/make_stat
refused()
{
	"$make" file "$1"
	status 1 "$stat" ./file
	says err "uffdlazy-stat: ./file: $2"
	[ ! -s out ] || fail "$1: something is shown all the same"
}
refused empty 'too short'
refused short 'too short'
refused magic 'not a statistics file'
refused major 'written in layout 2; this uffdlazy-stat reads layout 1'
refused header-large 'damaged: it says its header has 4294967295 bytes'
refused header-small 'damaged: it says its header has 8 bytes'
refused page-size 'damaged'
refused table-offset 'damaged: a table does not lie in the file'
refused table-used 'damaged: a table does not lie in the file'
refused table-size 'damaged: a table does not lie in the file'
refused table-tiny 'damaged: a table does not lie in the file'
refused truncated 'damaged: a table does not lie in the file'

# A file that takes no room on a disk does not take any amount of memory.
if [ -z "${SANITIZED:-}" ]; then
	# shellcheck disable=SC3045 # dash and bash have it
	ulimit -v 400000
fi
refused huge 'too large for a statistics file'
refused dwarfs 'damaged: a table does not lie in the file'
refused twice 'damaged: its tables overlap'
"$make" file hole
status 0 "$stat" ./file
"$builddir/tests/tools/make_trace" record hole
status 0 "$stat" --svg=picture.svg --trace=record
rm record

for kind in strings indices; do
	"$make" file "$kind"
	for view in '' --callers --heatmap --openmetrics --json; do
		# shellcheck disable=SC2086 # no option at all, at first
		status 0 "$stat" $view ./file
		LC_ALL=C grep -q '[[:cntrl:]]' out &&
			fail "$kind $view: a control character gets through"
		# C1: of eight bits, and in UTF-8.
		LC_ALL=C grep -q "$(printf '\233')" out &&
			fail "$kind $view: a C1 control gets through"
	done
done

# However short it is cut: an answer or a refusal, never a signal.
"$make" whole good
size=$(stat -c %s whole)
length=0
while [ "$length" -lt "$size" ]; do
	head -c "$length" whole >cut.stat
	got=0
	"$stat" ./cut.stat >/dev/null 2>&1 || got=$?
	[ "$got" -le 1 ] || fail "exit status $got at $length bytes"
	length=$((length + 509))
done

# Cut short and made whole again while it is read.
(
	while [ -e whole ]; do
		# It may go between the question and the answer.
		head -c 5000 whole >cut.stat || break
		cp whole cut.stat || break
	done
) 2>/dev/null &
changer=$!
trap 'rm -f "$work/whole"; wait $changer || :; cd / && rm -rf "$work"' EXIT
times=0
while [ "$times" -lt 50 ]; do
	got=0
	"$stat" ./cut.stat >/dev/null 2>&1 || got=$?
	[ "$got" -le 1 ] || fail "exit status $got of a file that changes"
	times=$((times + 1))
done
