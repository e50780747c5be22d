#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the programs behave alike: --help fits a screen and --version is
# one line, both on standard output; a wrong option ends in 2, names the program
# and says how to go on; the pages tell the exit statuses and of each other.
. "${UL_SRCDIR:-.}/tests/lib.sh"

for tool in run stat pack check; do
	program=$builddir/uffdlazy-$tool
	for option in -h --help; do
		status 0 "$program" "$option"
		[ ! -s err ] || fail "$tool $option says something on stderr"
		[ "$(wc -l <out)" -le 24 ] || fail "$tool $option: too long"
		[ "$(wc -L <out)" -le 80 ] || fail "$tool $option: too wide"
		grep -qi '^usage: uffdlazy-' out || fail "$tool: no usage"
		grep -q '^Exit status: ' out || fail "$tool: no exit status"
	done
	for option in -V --version; do
		status 0 "$program" "$option"
		grep -qxE "uffdlazy-$tool [0-9]+\.[0-9]+\.[0-9]+" out ||
			fail "$tool $option: $(cat out)"
	done
	status 2 "$program" --no-such-option
	[ ! -s out ] || fail "$tool: an error on standard output"
	[ "$(grep -vc "^uffdlazy-$tool: \|^Try 'uffdlazy-$tool --help'" err)" \
		-eq 0 ] || { cat err; fail "$tool: not its own words"; }
	grep -qx "Try 'uffdlazy-$tool --help' for more information." err ||
		fail "$tool: no hint"

	page=$srcdir/man/uffdlazy-$tool.1
	grep -qx '.Sh EXIT STATUS' "$page" || fail "$tool: no exit status"
	for other in "$srcdir"/man/*.[1-8]; do
		[ "$other" = "$page" ] && continue
		name=$(basename "$other")
		sed -n '/^\.Sh SEE ALSO/,$p' "$page" |
			grep -q "^\.Xr ${name%.*} ${name##*.}" ||
			fail "$(basename "$page") does not point to $name"
	done
done
