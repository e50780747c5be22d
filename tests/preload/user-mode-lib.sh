# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# user-mode-lib.sh - what the tests of the user-mode rung share, after
# tests/lib.sh: who may not use userfaultfd but for its own faults.

need setpriv
[ "$(id -u)" -eq 0 ] || skip "user: needs root, to play another user"
[ "$(cat /proc/sys/vm/unprivileged_userfaultfd)" -eq 0 ] ||
	skip "kernel: every user may use userfaultfd here"
chmod 755 "$work"
mkdir theirs
chmod 777 theirs
cp "$library" "$builddir/.libs/uffdlazy-engine.so" .
chmod 755 ./*.so

# theirs COMMAND...: on that rung, with all from 64 KiB up lazy; said has the
# summary.
theirs()
{
	timeout -s KILL 240 setpriv --reuid=65534 --regid=65534 --groups=65534 \
		--inh-caps=-all env UFFDLAZY_SUMMARY=1 \
		UFFDLAZY_POLICY="${policy:-{ \"version\": 1, \"min_size\": \"64KiB\" \}}" \
		LD_PRELOAD="$work/libuffdlazy.so" "$@" 2>said
}

was_lazy()
{
	grep -q 'uffdlazy: lazy [1-9]' said || {
		cat said
		fail "$1: there was no lazy memory"
	}
}
