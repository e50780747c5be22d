# SPDX-License-Identifier: MIT
# Rationale: on the user-mode rung a stream's buffer must not be lazy, whoever
# allocates it: read(2) inside libc would fail. And an allocator may call what we
# interpose before our engine is there.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/preload/user-mode-lib.sh"

cp "$builddir/tests/preload/locked-malloc.victim" program
theirs env VICTIM_STORE=zero VICTIM_STREAMS=1 "$work/program" ||
	{ cat said; fail "status $?"; }
