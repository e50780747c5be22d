#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: bash completes every option that --help names, and no other; what
# follows the program of uffdlazy-run is the program's own.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need bash

cat >complete.sh <<'EOF'
# complete.sh COMPLETION WORD...: what the last word may become, one a line
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_uffdlazy "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
EOF
offer()
{
	bash complete.sh "$srcdir/completion/uffdlazy" "$@"
}

for tool in run stat pack check; do
	"$builddir/uffdlazy-$tool" --help |
		grep -oE -- '(^|[ ,[|])--[a-z][a-z-]*' | tr -d ' ,[|' |
		sort -u >help
	offer "uffdlazy-$tool" -- | tr -d = | sort -u >completed
	diff -u help completed ||
		fail "uffdlazy-$tool: --help (-) and the completion (+) differ"
done

[ "$(offer uffdlazy-pack --codec l)" = lz4 ] || fail "no codec"
"$stat" --all | head -n 1 | tr 'A-Z ' 'a-z\n' | sed '/^$/d' | sort >titles
offer uffdlazy-stat --sort = '' | sort >completed
diff -u titles completed || fail "not the table's columns"
touch some-policy.json
[ "$(offer uffdlazy-run --policy = some)" = some-policy.json ] ||
	fail "no file after --policy="
[ -z "$(offer uffdlazy-run --zero ls --)" ] ||
	fail "our options are offered for the program"

make -C "$builddir" -s install-data-hook DESTDIR="$work/root" \
	prefix=/usr datarootdir=/usr/share datadir=/usr/share >/dev/null
for tool in run stat pack check; do
	bash -c ". '$work/root/usr/share/bash-completion/completions/uffdlazy-$tool' &&
		complete -p uffdlazy-$tool" >/dev/null ||
		fail "uffdlazy-$tool is not completed where it is installed"
done
