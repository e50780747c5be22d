#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what gcc -fanalyzer and cppcheck find in the library and in the
# tools is mended, or stands in analyse.txt with the reason why it is no bug.
#
# `make analyse` runs it, and .ci/run; it is no part of make check, for another
# release of either finds other things.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need gcc cppcheck

cd "$srcdir"
find preload policy tools -name '*.c' | sort >"$work/sources"
[ "$(wc -l <"$work/sources")" -gt 80 ] || fail "found no sources"

# One file at a time; each says its findings on lines of their own.
mkdir "$work/gcc"
# shellcheck disable=SC2016 # the inner shell's
xargs -P "$(nproc)" -n 1 sh -c '
	exec >"$1/gcc/$(echo "$3" | tr / _)" 2>&1
	exec gcc -std=gnu11 -O2 -fanalyzer -fdiagnostics-path-format=none \
		-DHAVE_CONFIG_H -DUL_LIBDIR=\"\" -I"$2" -I. -c -o /dev/null "$3"
' sh "$work" "$builddir" <"$work/sources" ||
	{ grep -h 'error:' "$work"/gcc/*; fail "gcc failed"; }
cat "$work"/gcc/* >"$work/said"
# cppcheck reads no system header; these of jansson's are no calls.
cat >"$work/jansson.cfg" <<'END'
<?xml version="1.0"?>
<def format="2">
<define name="json_array_foreach(array, i, value)"
	value="for (i = 0; (value = json_array_get(array, i)); i++)"/>
<define name="json_object_foreach(object, key, value)"
	value="for (key = next(object); (value = get(object, key)); )"/>
</def>
END
cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,performance,portability \
	--error-exitcode=0 -DHAVE_CONFIG_H -I"$builddir" -I. \
	--library="$work/jansson.cfg" \
	--template='{file}:{line}: warning: {message} [{id}]' \
	preload policy tools >>"$work/said" 2>&1 || fail "cppcheck failed"
sed -nE 's/^([^ :]*):([0-9]*):.* \[(-Wanalyzer-)?([a-zA-Z-]*)\]$/\1 \4 \2/p' \
	"$work/said" | sort -u >"$work/found"

# What is known: "file finding", then the reason in lines that are indented.
sed -nE 's/^([^#[:space:]][^ ]*) ([a-zA-Z-]+)$/\1 \2/p' \
	"$srcdir/tests/check/analyse.txt" | sort -u >"$work/known"
bad=0
while read -r file finding line; do
	grep -qxF "$file $finding" "$work/known" && continue
	grep -F "$file:$line:" "$work/said"
	bad=1
done <"$work/found"
while read -r file finding; do
	grep -qF "$file $finding " "$work/found" ||
		echo "analyse.txt: not found any more: $file $finding"
done <"$work/known"
echo "$(wc -l <"$work/sources") files, $(wc -l <"$work/found") findings," \
	"$(wc -l <"$work/known") known"
[ "$bad" -eq 0 ] || fail "mend it, or write the reason into analyse.txt"
