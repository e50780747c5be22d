#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: "direct" needs no userfaultfd and no thread of ours; what cannot be
# mapped is filled by faults, with the same bytes and a word about it; and
# uffdlazy-stat tells what of it is resident while the process can be asked.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq
need_userfaultfd
find_python

seq 1000000 | head -c 3145728 >table
cp table before
cat >policy.json <<'END'
{ "version": 1, "min_size": "64KiB",
  "stores": { "table": { "type": "file", "path": "table" } },
  "rules": [ { "name": "big", "match": { "call": "mmap-anon", "size": "3MiB" },
               "store": "table", "direct": true } ] }
END
cat >program.py <<'END'
import mmap, os, sys
def lazy():
    return mmap.mmap(-1, 3 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
expected = open("before", "rb").read()
first = lazy()
sum(first[i] for i in range(0, 512 << 10, 4096))
print(len(os.listdir("/proc/self/task")), flush=True)
sys.stdin.readline()
os.rename("other", "table")
second = lazy()
assert second[:] == expected
assert first[:] == expected
print("again", flush=True)
sys.stdin.readline()
END
cp table other
mkfifo in out
"$run" -p policy.json --stats ended.stat -- "$python" program.py <in >out 2>err &
exec 4>in 5<out
read -r threads <&5 || { cat err; fail "the program failed"; }
[ "$threads" = 1 ] || { cat err; fail "there are threads of ours"; }

"$stat" --json $! >now.json
number now.json '.regions | length == 1 and .[0].direct and
	.[0].resident_known and .[0].rule == "big" and
	.[0].counters.faults_read == 0 and
	.[0].counters.resident_bytes >= 524288 and
	.[0].counters.resident_bytes <= 1048576'
number now.json '.direct_bytes == 3145728 and .lazy_bytes == 0 and
	.lazy_bytes_now == 0 and .totals.resident_bytes == 0'
"$stat" $! >now.txt
says now.txt 'direct       3.00MiB in all, filled by the kernel'
"$stat" --heatmap $! >now.txt
says now.txt '% resident, from table'
grep -q '\[' now.txt && fail "a band, of which nothing is known"

echo >&4
read -r _ <&5 || { cat err; fail "the program failed"; }
says err 'rule big: cannot be direct: table: another file has taken its path'
kill -KILL $!
wait $! || :
"$stat" --json ./ended.stat >ended.json
number ended.json '[.regions[].direct] == [true, false]'
number ended.json '[.regions[].resident_known] == [false, true]'
number ended.json '.direct_bytes == 3145728 and .lazy_bytes == 3145728'
"$stat" ./ended.stat | grep -q ' direct ' || fail "a share, of what nobody knows"
same table before

# Once for each rule, whichever asks next.
cat >policy.json <<'END'
{ "version": 1, "stores": { "table": { "type": "file", "path": "table" } },
  "rules": [ { "name": "big", "match": { "call": "mmap-anon", "size": "3MiB" },
               "store": "table", "direct": true },
             { "name": "less", "match": { "call": "mmap-anon", "size": "2MiB" },
               "store": "table", "direct": true } ] }
END
cat >program.py <<'END'
import mmap, os
def lazy(size):
    return mmap.mmap(-1, size << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
maps = [lazy(3), lazy(2)]
os.rename("other", "table")
for _ in range(3):
    maps += [lazy(3), lazy(2)]
END
cp table other
status 0 "$run" -p policy.json -- "$python" program.py
for rule in big less; do
	[ "$(grep -c "rule $rule: cannot be direct" err)" = 1 ] ||
		{ cat err; fail "not said once of rule $rule"; }
done
