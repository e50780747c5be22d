#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: a user without privilege is told which rung of the ladder is left
# and the command that changes it, and the tool ends well: it is no problem
# that programs run with user faults only.

[ "$(id -u)" = 0 ] || { echo "not root: cannot become another"; exit 77; }
command -v setpriv >/dev/null || { echo "no setpriv"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
# The build may lie where others cannot go; libtool's wrapper too.
libtool=$UL_BUILDDIR/libtool
"$libtool" --mode=execute cp "$UL_BUILDDIR/uffdlazy-check" "$folder/check" ||
    exit 1
chmod 755 "$folder" "$folder/check"
unset UFFDLAZY_POLICY XDG_RUNTIME_DIR XDG_CONFIG_HOME
failed=0

say() {
    HOME=/nonexistent setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$folder/check" "$@"
}

said=$(say)
status=$?
expect() {
    echo "$said" | grep -q "$1" || { echo "not said: $1"; failed=1; }
}
expect '^ok *kernel'
if [ "$(stat -c %a /dev/userfaultfd 2>/dev/null)" = 600 ]; then
    expect '^note */dev/userfaultfd *not for this user'
    expect 'to change: groupadd'
fi
if [ "$(cat /proc/sys/vm/unprivileged_userfaultfd)" = 0 ]; then
    expect '^note *userfaultfd(2) *forbidden: vm.unprivileged_userfaultfd is 0'
    expect 'to change: a group that may open /dev/userfaultfd'
    # It gives every user what uffdlazy(7) says not to give to everybody.
    echo "$said" | grep 'vm.unprivileged_userfaultfd=1' && failed=1
fi
wanted=0
echo "$said" | grep -q '^problem' && wanted=1
[ "$status" = "$wanted" ] || { echo "status $status"; failed=1; }
say --json | grep -q '"rung":' || failed=1
[ "$failed" = 0 ] || echo "$said"
exit "$failed"
