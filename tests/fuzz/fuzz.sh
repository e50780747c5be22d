#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fuzz.sh SECONDS [TARGET...] - libFuzzer (clang) under ASan and UBSan
#
# `make fuzz SECONDS=n` runs it: every target for that long, side by side. It
# begins with the tree's corpus, and leaves what is new in fuzz/TARGET of the
# build, what breaks in fuzz/TARGET-*, and what it said in fuzz/TARGET.out.
# Small new ones are worth a place in the tree:
# fuzz/fuzz_TARGET -merge=1 tests/fuzz/corpus/TARGET fuzz/TARGET
set -eu

: "${UL_SRCDIR:?}" "${UL_BUILDDIR:?}"
seconds=${1:-60}
[ $# -eq 0 ] || shift
targets=${*:-blob policy stat stub trace}

cd "$UL_BUILDDIR"
for target in $targets; do
	mkdir -p "fuzz/$target" "fuzz/seeds/$target"
	options='' flags=''
	case $target in
	blob)
		options='-max_len=8192 -len_control=0'
		set -- "$UL_SRCDIR"/preload/store/*.c -lzstd -llz4
		;;
	stub)
		printf '%32000s' x >fuzz/original
		./uffdlazy-pack -q --force --replace fuzz/original
		head -c 1000 fuzz/original >fuzz/seeds/stub/real
		options='-max_len=4096'
		set -- "$UL_SRCDIR"/preload/store/*.c -lzstd -llz4
		;;
	policy)
		cp "$UL_SRCDIR"/tests/policy/*/*.json fuzz/seeds/policy
		set -- "$UL_SRCDIR"/policy/*.c -ljansson
		;;
	stat)
		for kind in good strings indices answers later; do
			tests/tools/make_stat "fuzz/seeds/stat/$kind" "$kind"
		done
		tests/tools/make_trace fuzz/seeds/stat/trace few
		options='-max_len=16384 -len_control=0'
		flags=-Dmain=ul_stat_main
		libdw=
		! grep -q '^#define HAVE_LIBDW 1' config.h || libdw=-ldw
		set -- "$UL_SRCDIR"/tools/stat*.c \
			"$UL_SRCDIR/preload/engine/trace_check.c" -ljansson \
			$libdw -lm
		;;
	trace)
		tests/tools/make_trace fuzz/seeds/trace/few few
		options='-max_len=16384 -len_control=0'
		set -- "$UL_SRCDIR/preload/engine/replay_load.c" \
			"$UL_SRCDIR/preload/engine/trace_check.c"
		;;
	esac
	# shellcheck disable=SC2086 # flags
	clang -g -O1 -fsanitize=fuzzer,address,undefined $flags \
		-fno-sanitize-recover=undefined -DUL_LIBFUZZER -D_GNU_SOURCE \
		-I"$UL_SRCDIR" -I. -o "fuzz/fuzz_$target" \
		"$UL_SRCDIR/tests/fuzz/fuzz_$target.c" "$@"
	# shellcheck disable=SC2086 # options
	LC_ALL=C "fuzz/fuzz_$target" $options -max_total_time="$seconds" -timeout=20 \
		-rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="fuzz/$target-" "fuzz/$target" \
		"fuzz/seeds/$target" "$UL_SRCDIR/tests/fuzz/corpus/$target" \
		>"fuzz/$target.out" 2>&1 &
done
wait
for target in $targets; do
	echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' \
		"fuzz/$target.out") executions in $seconds s"
	grep -a -A 3 'ERROR: \|SUMMARY: ' "fuzz/$target.out" || :
done
for target in $targets; do
	for broken in "fuzz/$target"-*; do
		[ ! -e "$broken" ] || exit 1
	done
done
