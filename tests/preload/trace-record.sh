#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a record has each first touch once, in its order, with what the
# region is known by; reads and writes, and zeros, are told apart; nothing of it
# has addresses in it, so that two runs differ in times alone.
. "${UL_SRCDIR:-.}/tests/preload/trace-lib.sh"

touch_lazy --record "$work/trace" -- block 0
touch_plain block 0 >wanted
same out wanted
silent
[ ! -e trace.new ] || fail "trace.new is left"
[ "$(stat -c %a trace)" = 600 ] || fail "others may read the record"
"$show" trace >lines
says lines 'command toucher'
head -n 1 lines | grep -q ' flags 0 finished$' || fail "not a finished one"
grep -q '^region 0 rule the file store packed length 8388608 ordinal 1 .* site map_file@toucher < main@toucher path .*/holes/data$' lines ||
	fail "no line of the file"
grep -q '^region 1 rule the block store zero length 4194304 ordinal 1 .* site make_block@toucher < .*main@toucher path $' lines ||
	fail "no line of the block"

# The order is toucher.c's: frame i * 7919 mod 101, and then the last one.
awk '/^fill region 0 / { print $5 / 65536 }' lines >got
awk 'BEGIN { for (i = 0; i < 101; i++) print i * 7919 % 101; print 127.938 }' >order
same got order
grep -c '^fill region 0 .* read$' lines | grep -qx $frames ||
	fail "not all fills of the file are reads"
# From the end to the start, each fourth one written.
awk '/^fill region 1 / { print $5 / 4096, $8, $9 }' lines >got
awk 'BEGIN { for (i = 1023; i >= 0; i--)
	print i, i % 4 ? "read" : "write", "zeros" }' >order
same got order

# The same again by the policy, in its own folder; %p is the process.
mkdir folder
sed 's/pid [0-9]*//' lines >first
policy ', "record": "folder/by-policy.%p"'
touch_lazy -- block 0
set -- folder/*
equal $# 1 "files in folder"
"$show" "$1" >lines
[ "folder/by-policy.$(sed -n 's/.* pid \([0-9]*\) .*/\1/p' lines)" = "$1" ] ||
	fail "$1 has another number"
sed 's/pid [0-9]*//' lines >second
same first second

# An empty variable means none.
rm folder/*
UFFDLAZY_RECORD='' touch_lazy --
[ -z "$(ls folder)" ] || fail "recorded, though the variable says none"

# What cannot be had is said as it is.
mkdir gone
(
	cd gone
	rmdir ../gone
	UFFDLAZY_POLICY="$work/policy.json" UFFDLAZY_RECORD=lost \
		LD_PRELOAD="$library" "$programs/toucher" "$file" >/dev/null
) 2>err
says err 'the path lost: No such file or directory'
