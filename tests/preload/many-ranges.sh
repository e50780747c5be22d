#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: where vm.max_map_count is raised, as many distributions do, the books have
# room for what can be mapped then. What is here in its place is not the kernel's
# limit, and need not be: mappings that touch are one to the kernel.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need unshare

limit=/proc/sys/vm/max_map_count
echo 200000 >raised
unshare -m mount --bind raised "$limit" 2>/dev/null ||
	skip "root: cannot mount"
head -c 4K /dev/zero | tr '\0' t >page
cat >policy.json <<'END'
{ "version": 1, "min_size": "4KiB", "stores": { "page": { "type": "file", "path": "page" } },
  "rules": [ { "match": { "call": "mmap-anon", "size": { "max": "4KiB" } },
               "store": "page" } ] }
END
cat >run <<END
mount --bind raised $limit
exec env LD_PRELOAD="$library" UFFDLAZY_POLICY=policy.json "\$@"
END
got=$(timeout -s KILL 240 unshare -m sh run \
	"$builddir/tests/preload/many_ranges" 140000 2>said) || fail "it failed"
[ "$got" = 140000 ] || fail "$got of 140000 pages have the store's bytes"
[ ! -s said ] || { cat said; fail "not all are lazy"; }
