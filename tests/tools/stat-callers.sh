#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --callers is a tree: each place that asked for memory, largest
# first, with the calls that led there; where two did, each has its share.
. "${UL_SRCDIR:-.}/tests/lib.sh"

"$builddir/tests/tools/make_stat" file good
status 0 "$stat" --callers ./file
cat >wanted <<'EOF'
8.00MiB 0B 100% 0 0ns 2 build_index+0x1c (libidx.so)
main+0x0 (victim)
3.00MiB 2.00MiB 33% 0 0ns 2 grow+0x0
2.00MiB 1.00MiB 50% 0 0ns 1 ├─ twice+0x0
1.00MiB 1.00MiB 0% 0 0ns 1 └─ once+0x0
EOF
sed -e 1d -e 's/^ *//' -e 's/  */ /g' out >got
diff -u wanted got || fail "not the tree expected"

LC_ALL=C status 0 "$stat" --callers ./file
says out '|- twice+0x0'
# shellcheck disable=SC2016 # no command, a drawing
says out '`- once+0x0'
LC_ALL=C grep -q '[^ -~]' out && fail "not ASCII in the C locale"

status 2 "$stat" --callers
says err '--callers needs a process or a file'
