#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: see user_mode_calls.c. Where the kernel does not wait for us, a
# call that is handed missing pages has to have them before.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/user-mode-lib.sh"

awk 'BEGIN { for (i = 0; i < 8192; i++) line = line "ba"
	for (i = 0; i < 40; i++) printf "%s", line }' >letters
cp "$builddir/tests/preload/user_mode_calls" calls
chmod 755 calls
./calls letters || fail "the test itself"
# A process that is not selected looks each function up when it first calls it.
not_selected() {
	UFFDLAZY_POLICY='{ "version": 1, "programs": ["none"] }' \
		LD_PRELOAD="$library" "$@" || fail "not selected: $1"
}
not_selected ./calls letters
timeout -s KILL 240 env UFFDLAZY_POLICY='{ "version": 1, "min_size": "64KiB" }' \
	LD_PRELOAD="$library" ./calls letters || fail "on the full rung"
policy='{ "version": 1, "min_size": "64KiB", "rules": [
	{ "match": { "call": "mmap-file", "path": "**/letters" }, "store": "self" },
	{ "match": { "call": ["malloc", "mmap-anon"] }, "store": "zero" } ] }'
theirs ./calls letters || {
	cat said
	fail "on the user-mode rung"
}
was_lazy calls
policy=

cp "$builddir/tests/preload/user_mode_rare" rare
chmod 755 rare
touch attributes
./rare attributes || fail "the test itself, of rare calls"
not_selected ./rare attributes
chown 65534 attributes
theirs ./rare attributes || {
	cat said
	fail "rare calls on the user-mode rung"
}
was_lazy rare
policy='{ "version": 1, "min_size": "4KiB" }'
theirs ./rare attributes || {
	cat said
	fail "rare calls, with small blocks lazy too"
}
policy=

# Signals on a stack of missing pages; see signal-in-fault.c.
cp "$builddir/tests/preload/signal-in-fault.victim" signals
chmod 755 signals
theirs ./signals || {
	cat said
	fail "signals on the user-mode rung"
}
