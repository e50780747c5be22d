#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a fork's child has the mapping of its parent's record, and must
# not write to it; it replays nothing. Where the name has the process in it, it
# has a record of its own, also where that has no room for what the parent's has,
# and where the parent's is closed already.
. "${UL_SRCDIR:-.}/tests/preload/trace-lib.sh"

touch_plain fork block 0 >wanted
touch_lazy --record "$work/trace" -- fork block 0
same out wanted
silent
"$show" trace >lines
head -n 1 lines | grep -q 'finished$' || fail "not finished"
equal "$(grep -c '^fill region 0 ' lines)" $frames "fills of the file"
equal "$(grep -c '^fill region 1 ' lines)" 1024 "fills of the block"
[ ! -e trace.new ] || fail "trace.new is left"

touch_lazy --replay "$work/trace" -- wait "$pages" fork block 256
same out wanted
silent
equal "$(faults 'the file')" 0 "faults of the parent"

mkdir each
touch_lazy --record "$work/each/%p" -- fork block 0
same out wanted
silent
set -- each/*
equal $# 2 "records"
for one; do
	"$show" "$one"
done >all
# The parent's, and the child's with its parent's region and the page that it
# has touched: of the last fifth, behind the part that toucher touches.
equal "$(grep -c '^command toucher pid .* finished$' all)" 2 "whole records"
equal "$(grep -c '^region 0 rule the file ' all)" 2 "entries of the file"
equal "$(grep -c '^fill ' all)" $((frames + 1024 + 1)) "fills in both"
equal "$(grep -c "^fill region 0 offset $((115 * 65536)) " all)" 1 "the child's"

# No room for a single fill in either.
mkdir full
(
	ulimit -f 4096
	"$run" -p policy.json --record "$work/full/%p" -- \
		"$programs/toucher" "$file" fork block 0 >out 2>err
) || fail "with a full disk: $?"
same out wanted
set -- full/*
equal $# 2 "records on a full disk"
for one; do
	"$show" "$one"
done >all
equal "$(grep -c '^region 0 rule the file .* there ' all)" 1 "the parent's file"
equal "$(grep -c '^region 0 rule the file .* gone ' all)" 1 "the child's file"

# Room for the parent's regions, and none for the child's.
touch_plain limit fork block 0 >wanted
mkdir half
touch_lazy --record "$work/half/%p" -- limit fork block 0
same out wanted
set -- half/*
equal $# 2 "records with half a disk"
for one; do
	"$show" "$one"
done >all
equal "$(grep -c '^region 0 rule the file ' all)" 1 "entries of the file"
equal "$(grep -c '^command toucher pid .* flags 1 finished$' all)" 1 "marks"

# After its parent's record was closed a child has what it makes itself.
mkdir late
touch_lazy --record "$work/late/%p" -- late
silent
set -- late/*.new
equal $# 1 "records of the child"
"$show" "$1" >lines
equal "$(grep -c '^region ' lines)" 1 "regions of the late child"
grep -q '^region 0 rule the block .* length 4194304 ' lines || fail "its block"
equal "$(grep -c '^fill ' lines)" 1024 "fills of the late child"

# Who waits for the end of standard error does not wait for a child that has closed
# it, as a daemon does.
mkfifo go
"$run" --record "$work/daemon" -- \
	bash -c '{ exec >&- 2>&-; read -r _ <go; } &' 2>&1 |
	timeout -s KILL 240 cat >/dev/null || fail "it is held open"
echo >go
