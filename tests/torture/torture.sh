# SPDX-License-Identifier: MIT
# Rationale: whatever a program does to its memory, it finds the bytes that it
# would have found without us. tests/torture/torture does all that a program can
# do, in a random order, and knows each byte; here it is run with the library
# preloaded, over stores of every kind and shape.
#
# torture.sh                             the seeds of the file; a test that says
#                                        no must say it again the next time
# torture.sh --seconds N [--seed S]      new seeds until the time is over
# torture.sh --one S [OPTION]...         one seed, with more options for torture
#
# A seed chooses the shape too: readers, granule, readahead, frames, threads; a
# record and its replay; who may use userfaultfd(2), and how; whether another
# process has all of it filled meanwhile. old:SEED knows the first operations
# and shapes alone, so that what once failed by it is still the same.

set -u
LC_ALL=C
export LC_ALL
here=$UL_SRCDIR/tests/torture
. "$UL_SRCDIR/tests/autopsy.sh"
torture=$UL_BUILDDIR/tests/torture/torture
pack=$UL_BUILDDIR/uffdlazy-pack
library=$UL_BUILDDIR/.libs/libuffdlazy.so
check=$UL_BUILDDIR/uffdlazy-check
stat=$UL_BUILDDIR/uffdlazy-stat
ops=2500
limit=600
seconds=
seed=
one=

while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=$2; shift 2 ;;
	--seed) seed=$2; shift 2 ;;
	--one) one=$2; shift 2; break ;;
	*) echo "torture.sh: $1?" >&2; exit 2 ;;
	esac
done

if [ -n "${SANITIZED:-}" ]; then
	echo "skipped: a sanitizer's runtime would not be the first" >&2
	exit 77
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/torture.XXXXXX") || exit 1
trap 'cd /; rm -rf "$folder"' EXIT
child=
trap '[ -z "$child" ] || kill -KILL $(family "$child"); exit 1' HUP INT TERM
cd "$folder" || exit 1
# For another user, who must get at all of it.
chmod 755 "$folder"
mkdir --mode=1777 theirs
mkdir --mode=755 lib
cp "$torture" "$library" "$UL_BUILDDIR/.libs/uffdlazy-engine.so" \
	"$UL_BUILDDIR/no_userfaultfd" lib
chmod 755 lib/*
torture=$folder/lib/torture
library=$folder/lib/libuffdlazy.so

# 512 pages and a part of one, each unlike all others.
awk 'BEGIN { for (i = 0; s < 2200000; i++) {
	line = "line " i " of some " (i * 7919 % 1009) " words"
	print line; s += length(line) + 1 } }' | head -c 2098386 >pattern

# What fresh memory holds: MIN:MAX:OFFSET:LENGTH of the pattern, by size.
promises="--promise 262144:524288:0:0
	--promise 524288:786432:4096:1048576
	--promise 786432:1048576:12288:2086098
	--promise 1048576:1310720:12345:500001"

# pick N WORD...: one of the words
pick() {
	shift $(($1 % ($# - 1) + 1))
	echo "$1"
}

# Can this machine play a user whose userfaultfd(2) serves no system calls?
may_play_user() {
	[ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null &&
		[ "$(cat /proc/sys/vm/unprivileged_userfaultfd)" -eq 0 ]
}

# shape_old; shape_new SEED: what the first seeds knew nothing of
shape_old() {
	rung=full trace='' filling='' patience='' under='' more=--old
}

shape_new() {
	rung=$(pick $(($1 / 13)) full full full full user none)
	trace=$(pick $(($1 / 17)) "" "" trace)
	filling=$(pick $(($1 / 19)) "" "" "" filling)
	# So long that it is never over; but the watch is kept.
	patience=$(pick $(($1 / 23)) "" ', "timeout": "1h"')
	under='' more=''
	[ "$rung" = full ] || may_play_user || rung=full
	[ "$rung" = full ] || {
		under="setpriv --reuid=65534 --regid=65534 --clear-groups
			--inh-caps=-all"
		more=--user
	}
	[ "$rung" != none ] || {
		under="$under $folder/lib/no_userfaultfd"
		more="$more --at-once"
	}
}

# shape SEED: choose, and make the folder and the policy for it
shape() {
	workers=$(pick "$1" 1 2 8 0)
	granule=$(pick $(($1 / 4)) 4KiB 64KiB 2MiB "")
	ahead=$(pick $(($1 / 16)) off adaptive 256KiB)
	frame=$(pick $(($1 / 3)) 4KiB 64KiB 20KiB 1MiB)
	codec=$(pick $(($1 / 7)) zstd lz4)
	threads=$(pick $(($1 / 5)) 1 1 3)
	timer=$(pick $(($1 / 11)) "" --timer)
	direct=$(pick $(($1 / 2)) "" "" --hooked)
	place=$folder/$frame-$codec
	[ -d "$place" ] || {
		mkdir --mode=755 "$place"
		"$pack" --quiet --codec "$codec" --frame "$frame" \
			-o "$place/blob" pattern || exit 1
		ln pattern "$place/p"
		cp pattern "$place/p.self"
		cp pattern "$place/p.file"
		cp pattern "$place/p.blob"
		cp pattern "$place/p.stub"
		"$pack" --quiet --codec "$codec" --frame "$frame" \
			--replace "$place/p.stub" || exit 1
		chmod 644 "$place"/*
	}
	shared='"readahead": "'$ahead'"'
	[ -z "$granule" ] || shared=$shared', "granule": "'$granule'"'
	# Of direct memory raw system calls are not noticed.
	file=$shared
	[ -z "$direct" ] || file='"direct": true' patience=
	number=
	[ "$workers" = 0 ] || number='"workers": '$workers,
	memory='"call": ["malloc", "mmap-anon"]'
	cat >policy.json <<-END
	{ "version": 1, "programs": ["torture"], "min_size": "4KiB", $number
	  "stores": {
	    "file": { "type": "file", "path": "$place/p"$patience },
	    "part": { "type": "file", "path": "$place/p",
	              "offset": 4096, "length": 1048576$patience },
	    "blob": { "type": "blob", "path": "$place/blob"$patience },
	    "short": { "type": "blob", "path": "$place/blob", "offset": 12345,
	               "length": 500001$patience } },
	  "rules": [
	    { "match": { "call": "mmap-file", "path": "$place/p.self" },
	      "store": "self", $shared },
	    { "match": { "call": "mmap-file", "path": "$place/p.file" },
	      "store": "file", $file },
	    { "match": { "call": "mmap-file", "path": "$place/p.blob" },
	      "store": "blob", $shared },
	    { "match": { $memory, "size": { "min": 262144, "max": 524287 } },
	      "store": "zero", $shared },
	    { "match": { $memory, "size": { "min": 524288, "max": 786431 } },
	      "store": "part", $file },
	    { "match": { $memory, "size": { "min": 786432, "max": 1048575 } },
	      "store": "blob", "offset": 12288, $shared },
	    { "match": { $memory, "size": { "min": 1048576, "max": 1310719 } },
	      "store": "short", $shared } ] }
	END
	"$check" policy.json >check.txt 2>&1 || {
		cat check.txt >&2
		exit 1
	}
}

# Have all of it filled, again and again, as long as it lives.
keep_filling() {
	while kill -0 "$1" 2>/dev/null; do
		for pid in $(family "$1"); do
			timeout 60 "$stat" --fill "$pid"
		done
		sleep 0.05
	done >fill.txt 2>&1
}

# run_once VARIABLE...: with these in its environment; status 0: all was well
run_once() {
	rm -f theirs/stats.bin
	# shellcheck disable=SC2086
	timeout -s KILL $((limit + 30)) $under /usr/bin/env LD_PRELOAD="$library" \
		UFFDLAZY_POLICY="$folder/policy.json" \
		UFFDLAZY_STATS="$folder/theirs/stats.bin" "$@" \
		"$torture" --seed "$bare" --pattern "$place/p" $promises \
		--temporary "$folder/theirs" --threads "$threads" \
		$timer $direct $more $options >out.txt 2>&1 &
	child=$!
	[ -z "$filling" ] || keep_filling $child &
	waited=0
	while kill -0 $child 2>/dev/null; do
		sleep 0.1
		waited=$((waited + 1))
		[ $waited -gt $((limit * 10)) ] || continue
		echo "torture.sh: seed $seed_now hangs" >&2
		autopsy $child >&2
		cat out.txt >&2
		# shellcheck disable=SC2046
		kill -KILL $(family $child)
		return 1
	done
	status=0
	wait $child || status=$?
	child=
	if [ $status -eq 0 ]; then
		[ "$rung" != none ] || return 0
		"$UL_BUILDDIR/tests/torture/served" theirs/stats.bin && return 0
	fi
	cat out.txt >&2
	echo "torture.sh: status $status" >&2
	return 1
}

# run_seed SEED OPTION...: status 0 when all was well
run_seed() {
	seed_now=$1 bare=${1#old:} way=
	shift
	options=$*
	case $seed_now in
	old:*) shape_old ;;
	*) shape_new "$bare" ;;
	esac
	shape "$bare"
	if [ -z "$trace" ]; then
		run_once UL_TORTURE=1 && return 0
	else
		rm -f theirs/trace*
		way=record
		run_once UFFDLAZY_RECORD="$folder/theirs/trace" && way=replay &&
			run_once UFFDLAZY_REPLAY="$folder/theirs/trace" &&
			return 0
	fi
	cat >&2 <<-END
	torture.sh: seed $seed_now failed: threads $threads, workers $workers,
	torture.sh: granule ${granule:-default}, readahead $ahead, frames $frame $codec $timer $direct
	torture.sh: userfaultfd $rung $way $filling $patience
	END
	return 1
}

# Of every shape some, beside those of the file.
new_seeds='21 22 23 24'

# The oracle alone, with no library: it must agree with the kernel.
plain() {
	mkdir -p plain
	for kind in p p.self p.file p.blob p.stub; do
		[ -e plain/$kind ] || ln pattern plain/$kind
	done
	# shellcheck disable=SC2086
	timeout -s KILL $limit "$torture" --plain --seed "$1" --threads 2 \
		--ops $ops --pattern plain/p $promises --temporary "$folder"
}

failed=0
if [ -n "$one" ]; then
	run_seed "$one" "$@" || exit 1
	cat out.txt
	exit 0
fi
if [ -n "$seconds" ]; then
	seed=${seed:-$(date +%s)}
	end=$(($(date +%s) + seconds))
	ops=6000
	while [ "$(date +%s)" -lt $end ]; do
		run_seed "$seed" --ops $ops || failed=$((failed + 1))
		seed=$((seed + 1))
	done
	echo "torture.sh: up to seed $((seed - 1)), $failed failed"
	[ $failed -eq 0 ]
	exit
fi

plain 1 || exit 1
sed 's/#.*//' "$here/seeds" >list
for seed in $(cat list) $new_seeds; do
	run_seed "$seed" --ops $ops || failed=$((failed + 1))
done
[ $failed -eq 0 ]
