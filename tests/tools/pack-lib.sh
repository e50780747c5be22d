# SPDX-License-Identifier: MIT
# What the tests of uffdlazy-pack share; read by them with the dot command.
# It makes a folder for the test and goes there.

set -u
LC_ALL=C
export LC_ALL
pack=$UL_BUILDDIR/uffdlazy-pack
test_name=$(basename "$0" .sh)

fail() {
	echo "$test_name: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*" >&2
	exit 77
}

needs() {
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# refuses STATUS WORDS COMMAND...: it must fail so, and say so
refuses() {
	wanted=$1 words=$2
	shift 2
	"$@" >stdout.txt 2>stderr.txt
	status=$?
	[ $status -eq "$wanted" ] ||
		fail "status $status, not $wanted: $* ($(cat stderr.txt))"
	grep -qF -- "$words" stderr.txt ||
		fail "no word of \"$words\" from: $* ($(cat stderr.txt))"
	rm -f stdout.txt stderr.txt
}

# leaves NAME...: the folder holds these and nothing else, hidden or not
leaves() {
	ls -A | LC_ALL=C sort >"$folder.found"
	for name; do echo "$name"; done | LC_ALL=C sort >"$folder.wanted"
	cmp -s "$folder.found" "$folder.wanted" ||
		fail "found in the folder: $(tr '\n' ' ' <"$folder.found")"
}

# About $1 bytes of text that compresses.
text() {
	awk -v n="$1" 'BEGIN { for (i = 0; s < n; i++) {
		line = "line " i " of some " (i * 7919 % 1009) " words"
		print line; s += length(line) + 1 } }' | head -c "$1"
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/$test_name.XXXXXX") || exit 1
trap 'cd /; chmod -R u+rwx "$folder"; rm -rf "$folder" "$folder".*' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder" || exit 1
