#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: MAP_POPULATE and MAP_LOCKED of a file wait for its disk, and that holds
# who asked for it and nobody else: memory is mapped and unmapped, and the process
# forks, meanwhile.
. "${UL_SRCDIR:-.}/tests/lib.sh"

[ "$(id -u)" = 0 ] || skip "user: only root may mount"
need_userfaultfd
mkdir slow
echo '{ "version": 1, "rules": [ {} ] }' >policy.json
cat >victim.sh <<EOF2
#!/bin/sh
exec timeout -s KILL 60 "$run" -p policy.json -- \
	"$builddir/tests/preload/populate_beside" "\$@"
EOF2
chmod +x victim.sh
for way in shared over "shared locked" "over locked"; do
	touch slow.stuck
	# shellcheck disable=SC2086
	status 0 "$builddir/tests/preload/slow_file" slow $((2 << 20)) $((1 << 20)) \
		./victim.sh $way
done
