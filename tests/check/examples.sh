#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: every example of the manual and of the README runs as it is
# printed: in a fresh folder, one after the other, each with exit status 0.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need mandoc look jq zstd lz4
PATH=$builddir:$PATH
export PATH

# The page's own words, as mandoc shows them: quotes, dashes and all.
commands_of_page()
{
	mandoc -T ascii -O width=1000 "$1" | col -bx |
		sed -n 's/^  *\$ //p'
}
# Blocks of the README that begin with ```sh; others are not for running.
commands_of_readme()
{
	awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$1"
}
try()
{
	mkdir "$work/try"
	cd "$work/try"
	[ -s "$2" ] || fail "$1: no examples found"
	sh -eux "$2" >"$work/log" 2>&1 </dev/null ||
		{ cat "$work/log"; fail "$1: an example fails"; }
	cd "$work"
	rm -rf "$work/try"
}
for page in "$srcdir"/man/*.[1-8]; do
	grep -qx '\.Dl \$ .*' "$page" || continue
	commands_of_page "$page" >commands
	try "$(basename "$page")" "$work/commands"
done
commands_of_readme "$srcdir/README.md" >commands
try README.md "$work/commands"
