# SPDX-License-Identifier: MIT
# Rationale: on the user-mode rung a stream's buffer must not be lazy, whoever
# allocates it: read(2) inside libc would fail. And an allocator may call what we
# interpose before our engine is there.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/preload/user-mode-lib.sh"

cp "$builddir/tests/preload/locked-malloc.victim" program
# Page by page, so that none is there because of its neighbour.
policy='{ "version": 1, "rules": [ { "match": { "call": "mmap-anon" },
	"store": "zero", "granule": "4KiB", "readahead": "off" } ] }'
theirs env VICTIM_STORE=zero VICTIM_STREAMS=1 "$work/program" ||
	{ cat said; fail "the program failed"; }
