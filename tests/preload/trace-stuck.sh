#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a replay fills several pieces in one go, and whoever waits for one
# of them is woken when all are there. A store that does not answer for one of
# the others must not hold a thread that waits for a piece that has come.
. "${UL_SRCDIR:-.}/tests/lib.sh"

[ "$(id -u)" = 0 ] || skip "user: only root may mount"
need_userfaultfd
mkdir slow
half=$((16 << 20))
mib=$((1 << 20))
offsets="0 $half $((half + mib)) $((half + 2 * mib)) $mib"

# run_slow OPTIONS: reads a byte at each offset, and lets the file answer when
# the first one has come.
run_slow()
{
	cat >victim.sh <<-END
	#!/bin/sh
	timeout -s KILL 60 "$run" -p policy.json $* -- \
		"$builddir/tests/preload/stuck_reader" $((2 * half)) $offsets |
		while read -r line; do
			echo "\$line"
			rm -f slow.stuck
		done
	rm -f slow.stuck	# or nobody could be killed
	END
	chmod +x victim.sh
	status 0 "$builddir/tests/preload/slow_file" slow $((2 * half)) $half \
		./victim.sh
	for offset in $offsets; do
		echo "$offset: $((offset / 4096 % 256 + 1))"
	done >wanted
	diff wanted out
}

# policy MORE: of the store.
policy()
{
	cat >policy.json <<-END
	{ "version": 1,
	  "stores": { "slow": { "type": "file", "path": "slow/data"$1 } },
	  "rules": [ { "name": "it", "match": { "call": "mmap-anon",
	                                        "size": "32MiB" },
	               "store": "slow", "readahead": "off" } ] }
	END
}

policy ''
run_slow --record trace
for round in 1 2 3 4 5 6 7 8 9 10; do
	touch slow.stuck
	run_slow --replay trace
done
policy ', "timeout": "20s"'
for round in 1 2 3; do
	touch slow.stuck
	run_slow --replay trace
done
