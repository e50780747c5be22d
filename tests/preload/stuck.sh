#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a store without a "timeout" that does not answer holds who touches
# it, as a file there would hold who maps it; but nobody else, however many
# threads are held: other pages go on being served.
. "${UL_SRCDIR:-.}/tests/lib.sh"

[ "$(id -u)" = 0 ] || skip "user: only root may mount"
need_userfaultfd
mkdir slow
touch slow.stuck
cat >policy.json <<'JSON'
{ "version": 1,
  "stores": { "slow": { "type": "file", "path": "slow/data" } },
  "rules": [ { "match": { "call": "mmap-anon", "size": "32MiB" },
               "store": "slow" } ] }
JSON
half=$((16 << 20))

# Five threads are held; the program's own thread reads on, and takes the
# stuck-file away when it got there.
cat >victim.sh <<EOF2
#!/bin/sh
exec "$run" -p policy.json -- "$builddir/tests/preload/stuck_reader" \
	$((2 * half)) @$half @$((half + (1 << 20))) @$((half + (2 << 20))) \
	@$((half + (3 << 20))) @$((half + (4 << 20))) 0 4096 $((half - 1)) |
	while read -r line; do
		echo "\$line"
		case \$line in $((half - 1)):*) rm slow.stuck ;; esac
	done
EOF2
chmod +x victim.sh
status 0 "$builddir/tests/preload/slow_file" slow $((2 * half)) $half \
	./victim.sh
head -n 3 out >first
cat >wanted <<EOT
0: 1
4096: 2
$((half - 1)): 0
EOT
diff wanted first
[ "$(wc -l <out)" -eq 8 ]
! grep -q signal out

# What is read ahead in one go, across the border, which lies at an odd place:
# its first part is there, and who reads in sequence gets it while the rest does
# not come. Whether it has to wait for them depends on who is faster.
border=$((half + (192 << 10)))
last=$((border - (16 << 10)))
cat >victim.sh <<EOF2
#!/bin/sh
timeout -s KILL 30 "$run" -p policy.json -- \
	"$builddir/tests/preload/stuck_reader" $((2 * half)) \
	$(seq 0 $((16 << 10)) $last | tr '\n' ' ') |
	{
		while read -r line; do
			case \$line in $last:*) break ;; esac
		done
		rm slow.stuck
		echo "\$line"
	}
EOF2
for round in 1 2 3 4 5 6 7 8; do
	touch slow.stuck
	status 0 "$builddir/tests/preload/slow_file" slow $((2 * half)) \
		$border ./victim.sh
	says out "$last: $((last / 4096 % 256 + 1))"
done

# The first page of a granule is cached, as was all that was loaded lately, and the
# others are not.
cat >policy.json <<'JSON'
{ "version": 1,
  "stores": { "slow": { "type": "file", "path": "slow/data" } },
  "rules": [ { "match": { "call": "mmap-anon", "size": "32MiB" },
               "store": "slow", "readahead": "off" },
             { "match": { "call": "mmap-anon", "size": "33MiB" },
               "store": "slow", "readahead": "off", "granule": "4KiB" } ] }
JSON
last=$(seq 65536 $((3 * 65536)) $((half - 1)) | tail -n 1)
cat >victim.sh <<EOF2
#!/bin/sh
timeout -s KILL 30 "$run" -p policy.json -- \
	"$builddir/tests/preload/stuck_reader" $((2 * half)) \
	~1 =0+$half =$half+4096 ~600 @$half \
	$(seq 65536 $((3 * 65536)) $((half - 1)) | tr '\n' ' ') |
	while read -r line; do
		echo "\$line"
		case \$line in $last:*) rm slow.stuck ;; esac
	done
EOF2
for round in 1 2 3; do
	touch slow.stuck
	status 0 "$builddir/tests/preload/slow_file" slow $((2 * half)) \
		$((half + 4096)) ./victim.sh
	says out "$last: $((last / 4096 % 256 + 1))"
	says out "$half: 1"
done
