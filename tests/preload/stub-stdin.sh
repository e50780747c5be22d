#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a stream does not see what its descriptor has become: standard
# input reads a stub, whichever call made it one.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

for way in dup dup2 fcntl fcntl-cloexec message; do
	same "$way" "$builddir/tests/preload/stub_stdin $way \$file"
done
