#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the pictures of a record are well-formed, whatever names are in it,
# show something when they are rendered, stay small however long the record is,
# and say when they leave something out; a bad record is refused in words, and
# nothing is overwritten unasked.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need xmllint rsvg-convert

make=$builddir/tests/tools/make_trace
for kind in good many empty text outside; do
	"$make" record "$kind"
	status 0 "$stat" --svg=- --trace=record
	mv out "$kind.svg"
	xmllint --noout --nonet "$kind.svg" || fail "$kind: not XML"
	LC_ALL=C grep -q '[[:cntrl:]]' "$kind.svg" && fail "$kind: control"
	[ "$(wc -c <"$kind.svg")" -lt 1000000 ] || fail "$kind: too large"
	status 0 "$stat" --html="$kind.html" --trace=record
	xmllint --noout --nonet "$kind.html" || fail "$kind: not XHTML"
	grep -qE '<script|https?://[^w]|@import|url\(' "$kind.svg" "$kind.html" &&
		fail "$kind: it would run or fetch something"
done
for part in 'indexer (4711)' '1,500 fills' 'time since the start (s)' words \
	corpus.idx 'build_table@indexer' 'class="dot l5"' 'class="ahead"' \
	'class="replay"' 'class="poison"' prefers-color-scheme:dark; do
	says good.svg "$part"
done
# An axis has its unit, and what stands beside it does not run into it: 28
# letters of the labels' size fit between.
says good.svg 'offset in each region (bytes)'
for kind in good many outside; do
	! sed -n 's/.*class="soft end"[^>]*>\([^<]*\)<.*/\1/p' "$kind.svg" |
		sed 's/&[a-z]*;/x/g' | grep -v 'waited for the fill' |
		grep -E '.{29}' || fail "$kind: a label is too long"
done
# What called whom is folded.
says good.html '<details><summary>build_table@indexer</summary>'
grep -q 'Thinned out' good.svg && fail "a small record is thinned out"
says many.svg 'Thinned out to '
says empty.svg 'nothing was touched'

# The dots are there: as many strokes as fills that are drawn.
[ "$(grep 'class="dot' good.svg | grep -v '<text' | grep -o M | wc -l)" -gt 500 ] ||
	fail "few dots"
rsvg-convert -w 600 good.svg -o good.png
rsvg-convert -w 600 empty.svg -o empty.png
[ "$(wc -c <good.png)" -gt $((2 * $(wc -c <empty.png))) ] ||
	fail "the rendered picture is nearly empty"

"$make" record magic
status 1 "$stat" --svg=- --trace=record
says err 'uffdlazy-stat: record is not a record of first touches'
"$make" record major
status 1 "$stat" --svg=- --trace=record
"$make" record cut
status 1 "$stat" --svg=- --trace=record
says err 'is cut short'
"$make" record good
status 1 "$stat" --svg=good.svg --trace=record
says err 'good.svg is there already'
status 0 "$stat" --force --svg=good.svg --trace=record
# A disk that is full leaves no part of it, and is told of once.
# shellcheck disable=SC2016 # sh expands it
status 1 sh -c 'ulimit -f 1; trap "" XFSZ; "$1" --svg=full.svg --trace=record' \
	sh "$stat"
says err 'cannot write full.svg: File too large'
[ ! -e full.svg ] || fail "a part of a picture is left"
# shellcheck disable=SC2016
status 1 sh -c '"$1" --svg=- --trace=record >/dev/full' sh "$stat"
[ "$(wc -l <err)" -eq 1 ] || { cat err; fail "said twice"; }
status 2 "$stat" --svg=new.svg
says err '--svg and --html draw a record'
status 2 "$stat" --trace=record
