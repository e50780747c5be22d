#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a process whose umask takes away its user's own rights does not leave
# a folder for statistics behind that the next ones could not use.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need_userfaultfd

user=
if [ "$(id -u)" -eq 0 ]; then
	need setpriv
	user='setpriv --reuid 65534 --regid 65534 --clear-groups'
fi
XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
chmod 755 "$work"
mkdir run
chmod 777 run
for mask in 777 300 077; do
	# shellcheck disable=SC2086 # a command and its options, or nothing
	(umask $mask && exec $user "$run" --zero -- \
		"$builddir/tests/programs/touch_pages" 512) >>told
	[ -z "$(ls run)" ] || fail "umask $mask: $(ls -l run)"
done
[ "$(grep -c '512 pages' told)" -eq 3 ] || fail "not three times 512 pages"
