#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: every option and every environment variable is in a manual page,
# and no page speaks of one that is not there.
. "${UL_SRCDIR:-.}/tests/lib.sh"

cd "$srcdir"
for tool in run stat pack check; do
	"$builddir/uffdlazy-$tool" --help |
		grep -oE -- '(^|[ ,[|])--[a-z][a-z-]*' | tr -d ' ,[|' |
		sort -u >"$work/help"
	grep -E '^\.[A-Z].*Fl ' "man/uffdlazy-$tool.1" |
		grep -oE '(Fl|[,|]) -[a-z][a-z-]*' | sed 's/.* -/--/' |
		sort -u >"$work/manual"
	[ -s "$work/help" ] || fail "no options in --help of $tool"
	diff -u "$work/help" "$work/manual" ||
		fail "uffdlazy-$tool: --help (-) and manual (+) differ"
done

grep -rhoE 'getenv\("[A-Z_]+"\)' preload policy tools |
	sed -E 's/.*"([A-Z_]+)".*/\1/' | sort -u >"$work/read"
[ -s "$work/read" ] || fail "no variables are read"
while IFS= read -r name; do
	grep -qE "^\.(It )?Ev( [A-Z_]+ ,)* $name\\b" man/*.[157] ||
		fail "$name is read, and in no manual page"
done <"$work/read"
grep -rhoE 'UFFDLAZY_[A-Z]+' man README.md | sort -u >"$work/named"
while IFS= read -r name; do
	grep -qx "$name" "$work/read" || fail "nothing reads $name"
done <"$work/named"
