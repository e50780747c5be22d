# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
#
# lib.sh - what the shell tests share; each begins with
#	. "${UL_SRCDIR:-.}/tests/lib.sh"
#
# A test runs in a folder of its own ($work), which is gone when it ends. It
# passes by reaching its end; every command that fails ends it (set -e), and
# `skip REASON` ends it by 77. UL_QUICK=1 leaves out the long ones.

set -eu

srcdir=${UL_SRCDIR:-$(pwd)}
builddir=${UL_BUILDDIR:-$srcdir/build}
test_name=$(basename "$0" .sh)

# Nothing of the caller's own settings gets into a test.
unset UFFDLAZY_POLICY UFFDLAZY_STATS UFFDLAZY_LOG UFFDLAZY_SUMMARY
unset UFFDLAZY_RECORD UFFDLAZY_REPLAY UFFDLAZY_RUN
unset LD_PRELOAD XDG_RUNTIME_DIR
LC_ALL=C.UTF-8
export LC_ALL

work=$(mktemp -d "${TMPDIR:-/tmp}/uffdlazy-test.XXXXXX")
# Neither a configuration of this user's nor one of root's is looked at.
XDG_CONFIG_HOME=$work/no-config
export XDG_CONFIG_HOME
trap 'cd / && rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
cd "$work"

run=$builddir/uffdlazy-run
stat=$builddir/uffdlazy-stat
pack=$builddir/uffdlazy-pack
check=$builddir/uffdlazy-check
library=$builddir/.libs/libuffdlazy.so

skip()
{
	echo "SKIP: $*"
	exit 77
}

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

# need COMMAND...: a tool that the test cannot do without.
need()
{
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "tool: $tool not found"
	done
}

# A test that takes longer than a few seconds.
long_test()
{
	[ "${UL_QUICK:-0}" = 0 ] || skip "quick: UL_QUICK leaves out long tests"
}

# Python as Debian has it, whatever else PATH leads to.
find_python()
{
	if [ -x /usr/bin/python3 ]; then
		python=/usr/bin/python3
	else
		need python3
		python=python3
	fi
}

# Can this machine serve faults at all? uffdlazy fills at once where it cannot,
# and what is asserted about single faults then does not hold.
need_userfaultfd()
{
	"$run" --zero --stats "$work/probe.stat" -- \
		"$builddir/tests/programs/touch_pages" 256 >/dev/null 2>&1 ||
		fail "the simplest program does not run"
	"$stat" "$work/probe.stat" | grep -q '^userfaultfd  full' ||
		skip "kernel: no full userfaultfd here"
	rm -f "$work/probe.stat"
}

# status WANTED COMMAND...: runs it, out and err in files; fails the test
# unless its exit status is the one wanted.
status()
{
	wanted=$1
	shift
	got=0
	"$@" >out 2>err || got=$?
	[ "$got" -eq "$wanted" ] ||
		{ cat out err >&2; fail "exit status $got, not $wanted: $*"; }
}

# says FILE TEXT: the fixed text is in the file.
says()
{
	grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "'$2' is not in $1"; }
}

# same FILE FILE
same()
{
	cmp "$1" "$2" || fail "$1 and $2 differ"
}

# number FILE.json JQ: one whole number out of the statistics.
number()
{
	jq -er "$2" "$1"
}
