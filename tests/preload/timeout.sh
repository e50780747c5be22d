#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a store that does not answer must not hold a program for ever. With
# a "timeout" the page raises SIGBUS at its address, whoever waits for it, one
# line says why, and the rest of the memory is served meanwhile, however many
# loads are stuck.
. "${UL_SRCDIR:-.}/tests/lib.sh"

[ "$(id -u)" = 0 ] || skip "user: only root may mount"
need_userfaultfd
mkdir slow
touch slow.stuck
cat >policy.json <<'JSON'
{ "version": 1,
  "stores": { "slow": { "type": "file", "path": "slow/data",
                        "timeout": "2s" } },
  "rules": [ { "match": { "call": "mmap-anon", "size": "32MiB" },
               "store": "slow" } ] }
JSON
half=$((16 << 20))
far=$((half + (4 << 20)))

# Two threads wait for one page, a third for another; then a good page, one
# more bad one, and so on, beyond the number of readers. The process can only end
# when the file system answers: that it does when all eleven have been told.
cat >victim.sh <<EOF2
#!/bin/sh
exec "$run" -p policy.json --stats "$work/stats" -- \
	"$builddir/tests/preload/stuck_reader" $((2 * half)) \
	0 @$half @$((half + 1)) @$far 4096 \
	$((half + (1 << 20))) $((half + (2 << 20))) $((half + (3 << 20))) \
	$((half + (5 << 20))) $((half + (6 << 20))) $((half - 1)) |
	{
		for n in 1 2 3 4 5 6 7 8 9 10 11; do
			read -r line
			echo "\$line"
		done
		rm slow.stuck
	}
EOF2
chmod +x victim.sh
status 0 "$builddir/tests/preload/slow_file" slow $((2 * half)) $half \
	./victim.sh
sort -n out >sorted
cat >wanted <<EOT
0: 1
4096: 2
$((half - 1)): 0
$half: signal 7
$((half + 1)): signal 7
$((half + (1 << 20))): signal 7
$((half + (2 << 20))): signal 7
$((half + (3 << 20))): signal 7
$far: signal 7
$((half + (5 << 20))): signal 7
$((half + (6 << 20))): signal 7
EOT
diff wanted sorted
says err "store slow, offset $half: no answer in 2000 ms"
"$stat" --json "$work/stats" >stats.json
[ "$(number stats.json '.totals.poisoned_bytes')" -gt 0 ]

# Beyond what is waited for at once, a page is not even asked for.
touch slow.stuck
sed 's/2s/20ms/' policy.json >short.json
cat >victim.sh <<EOF2
#!/bin/sh
exec "$run" -p short.json -- \
	"$builddir/tests/preload/stuck_reader" $((2 * half)) \
	$(seq $half $((128 << 10)) $((half + (39 * 128 << 10))) | tr '\n' ' ') |
	{
		for n in $(seq 40 | tr '\n' ' '); do
			read -r line
			echo "\$line"
		done
		rm slow.stuck
	}
EOF2
status 0 "$builddir/tests/preload/slow_file" slow $((2 * half)) $half \
	./victim.sh
[ "$(grep -c 'signal 7$' out)" -eq 40 ]
says err "it has stopped to answer"
