#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: in a container it is usually a seccomp filter that says EPERM, and
# neither the sysctl nor a capability helps; then the tool must not send people
# to the sysctl. Nothing is left of the ladder: that is a problem, status 1.

: "${UL_BUILDDIR:?}"
unset UFFDLAZY_POLICY
failed=0
said=$("$UL_BUILDDIR/no_userfaultfd" "$UL_BUILDDIR/uffdlazy-check")
status=$?
[ "$status" = 77 ] && exit 77

expect() {
    echo "$said" | grep -q "$1" || { echo "not said: $1"; failed=1; }
}
expect '^note *userfaultfd(2) *forbidden by a seccomp filter'
expect 'to change: docker run --security-opt seccomp=FILE'
if [ -r /dev/userfaultfd ] && [ -w /dev/userfaultfd ]; then
    expect '^ok *service *full, through /dev/userfaultfd'
else
    expect '^problem *service *none: even UFFD_USER_MODE_ONLY is forbidden'
    [ "$status" = 1 ] || { echo "status $status"; failed=1; }
fi
[ "$failed" = 0 ] || echo "$said"
exit "$failed"
