#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what one process tells is shown whole: where its policy is from,
# each region with rule, store and call site, rules, and the histogram.
. "${UL_SRCDIR:-.}/tests/lib.sh"

"$builddir/tests/tools/make_stat" file good
status 0 "$stat" -f file
says out '4194305 a victim: exited'
says out '/somewhere/policy.json'
says out 'full, through userfaultfd(2)'
says out '90 read, 10 write; 95 fills'
says out '4.00MiB, of it 3.00MiB (75%) used'
says out '2.00MiB that an earlier run has touched'
says out '77 calls by the policy'
grep -q ' 1 0x7f0001000000  *4.00MiB  *25% .* malloc  *hash table  *words  *build_index+0x1c (libidx.so)' out ||
	{ cat out; fail "no line of region 1"; }
grep -q ' 2 0x7f0002000000 .* mmap-file  *dictionary  *words  *-$' out ||
	fail "no line of region 2"
says out 'maps /usr/share/dict/words'
grep -qE '^ +8.19us +90 #{40}$' out || fail "no bar of 90 faults"
grep -qE '^ +262us +10 #{4}$' out || fail "no bar of 10 faults"
[ "$(grep -c ' 0x7f' out)" -eq 2 ] || fail "free entries are shown"
