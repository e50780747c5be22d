#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: every source begins with its licence, names its structs by struct,
# and stays of a size that a person can read at once.
. "${UL_SRCDIR:-.}/tests/lib.sh"

cd "$srcdir"
find preload policy tools tests \( -name '*.[ch]' -o -name '*.cpp' -o \
	-name '*.def' -o -name '*.sh' -o -name '*.mk' -o -name '*.py' \) |
	sort >"$work/sources"
[ "$(wc -l <"$work/sources")" -gt 50 ] || fail "found no sources"
bad=0
while IFS= read -r file; do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
		{ echo "$file: no licence on top"; bad=1; }
	case $file in
	tests/*) continue ;;
	*.[ch]) ;;
	*) continue ;;
	esac
	lines=$(wc -l <"$file")
	[ "$lines" -le 450 ] || echo "$file: $lines lines, rather long"
	[ "$lines" -le 600 ] || { echo "$file: $lines lines"; bad=1; }
	grep -nE '^typedef (struct|union)' "$file" &&
		{ echo "$file: a typedef of a struct"; bad=1; }
done <"$work/sources"
[ "$bad" -eq 0 ] || fail "see above"
