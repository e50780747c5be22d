#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run-victim.sh PROGRAM.victim - run a program in every way it is meant for
#
# Each way must end with 0 in the end (300 seconds are a hang). In all but
# "plain" the library is preloaded, and the statistics must show that there was
# lazy memory. A memfd whose name begins with "victim" serves itself. The comment at the head of PROGRAM.c may say:
#
#   modes: plain zero file blob   the ways; all four if it says nothing.
#       plain  without the library: the program itself is right
#       zero   fresh memory is zeros; VICTIM_FILE serves itself
#       file   fresh memory and VICTIM_FILE come from a file store
#       blob   the same from a compressed blob
#       direct  as "file", and the kernel is to map it; VICTIM_STORE_FILE serves
#               itself; not one of the four
#   under: COMMAND...   the program is run by this command
#   says: REGEX         standard error has a line of ours that matches; without
#                       it, it has none
#   quiet: no           standard error is not looked at
#   lazy: no            there need be no lazy memory
#   needs: COMMAND...   skip where one of these is missing
set -u
. "$UL_SRCDIR/tests/autopsy.sh"

program=$1
name=$(basename "$program" .victim)
source=$UL_SRCDIR/tests/preload/$name.c
library=$UL_BUILDDIR/.libs/libuffdlazy.so
folder=$(mktemp -d "${TMPDIR:-/tmp}/uffdlazy-victim.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"

say() { sed -n "s|^ \* $1: ||p" "$source" | head -n 1; }
fail() {
	echo "$name: $mode: $1"
	sed 's/^/    /' "$folder/stderr"
	exit 1
}

modes=$(say modes)
under=$(say under)
says=$(say says)
lazy=$(say lazy)
quiet=$(say quiet)
for command in $(say needs) ${under%% *}; do
	command -v "$command" >/dev/null || { echo "skipped: no $command"; exit 77; }
done

# The store's file, and a file of that size to map.
prepare() {
	rm -rf "$folder/stats"* "$folder/pattern.zst"
	"$UL_BUILDDIR/tests/preload/pattern" >"$folder/pattern.bin" || exit 1
	case $mode in
	plain | zero) cp "$folder/pattern.bin" "$folder/victim.bin" ;;
	*) rm -f "$folder/victim.bin"
	   truncate -r "$folder/pattern.bin" "$folder/victim.bin" ;;
	esac
	chmod 666 "$folder/victim.bin"
	case $mode in
	blob) "$UL_BUILDDIR/uffdlazy-pack" --quiet --level 1 \
		"$folder/pattern.bin" -o "$folder/pattern.zst" || exit 1
	      from=$folder/pattern.zst ;;
	*) from=$folder/pattern.bin ;;
	esac
}

policy() {
	memory=pattern
	file=pattern
	type=$mode direct=false more=
	if [ "$mode" = direct ]; then
		type=file direct=true
		more="{ \"match\": { \"call\": \"mmap-file\",
			\"path\": \"$from\" }, \"store\": \"self\" },"
	fi
	stores="\"pattern\": { \"type\": \"$type\", \"path\": \"$from\" }"
	if [ "$mode" = zero ]; then
		memory=zero file=self stores=
	fi
	cat <<-END
	{ "version": 1, "min_size": "64KiB", "stores": { $stores },
	  "rules": [
	    $more
	    { "match": { "call": "mmap-file", "path": "$folder/victim.bin" },
	      "store": "$file", "direct": $direct },
	    { "match": { "call": "mmap-file", "path": "/memfd:victim*" },
	      "store": "self" },
	    { "match": { "call": ["malloc", "mmap-anon"] }, "store": "$memory",
	      "direct": $direct }
	  ] }
	END
}

number() { "$UL_BUILDDIR/tests/preload/numbers" "$folder/stats" |
	sed -n "s/^$1=//p"; }

for mode in ${modes:-plain zero file blob}; do
	: >"$folder/stderr"
	prepare
	set -- "VICTIM_FILE=$folder/victim.bin" "VICTIM_STORE_FILE=$from" \
		"VICTIM_FOLDER=$folder"
	[ "$mode" = plain ] || set -- "$@" "VICTIM_STORE=$mode" \
		"UFFDLAZY_POLICY=$(policy)" "UFFDLAZY_STATS=$folder/stats" \
		"UFFDLAZY_LOG=${UFFDLAZY_LOG:-warning}" "LD_PRELOAD=$library"
	autopsy_later 240 $$ >"$folder/autopsy" 2>/dev/null &
	watcher=$!
	# shellcheck disable=SC2086
	timeout -s KILL 300 $under env "$@" "$program" 2>"$folder/stderr" \
		>"$folder/stdout" </dev/null
	status=$?
	kill $watcher 2>/dev/null
	cat "$folder/autopsy" >>"$folder/stderr"
	[ $status -ne 77 ] || { cat "$folder/stderr"; exit 77; }
	[ $status -ne 137 ] || fail "did not end"
	[ $status -eq 0 ] || fail "exit status $status"
	[ "$mode" != plain ] || continue
	if [ -n "$says" ]; then
		grep -Eq "^uffdlazy: .*$says" "$folder/stderr" ||
			fail "standard error does not say \"$says\""
	elif [ "$quiet" != no ] && grep -q '^uffdlazy: ' "$folder/stderr"; then
		fail "words on standard error"
	fi
	[ "$lazy" != no ] || continue
	[ "$(number regions_made)" -gt 0 ] 2>/dev/null ||
		fail "there was no lazy memory"
done
exit 0
