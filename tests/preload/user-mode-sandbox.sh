#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: see sandboxed.c. On the user-mode rung a system call's buffers are
# made present before it, which no system call of ours may do any more.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/preload/user-mode-lib.sh"

cp "$builddir/tests/preload/sandboxed.victim" program
"$builddir/tests/preload/pattern" >file
chmod 644 file
policy='{ "version": 1, "min_size": "64KiB", "rules": [
	{ "match": { "call": "mmap-file" }, "store": "self" },
	{ "match": { "call": ["malloc", "mmap-anon"] }, "store": "zero" } ] }'
theirs env VICTIM_FILE="$work/file" "$work/program" ||
	{ cat said; fail "the program failed"; }
was_lazy sandboxed
